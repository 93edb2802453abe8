// Tests Server, Connection and dial() over real sockets of this machine, on one loop that the test drives by hand.
#include "wire/server.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"
#include "wire/connector.h"

namespace ofn::wire {
namespace {

// Sends back its input. The input "bye" makes it linger, and "abort" makes it reset.
class EchoSession final : public Session {
 public:
  struct Seen {
    std::string input;
    std::string error;
    int ended = 0, lost = 0, retired = 0, drained = 0;
  };
  explicit EchoSession(Seen& seen, std::string greeting = {})
      : seen_(seen), out_(std::move(greeting)) {}
  void start(Transport& transport) override { transport_ = &transport; }
  void receive(std::string_view bytes) override {
    seen_.input += bytes;
    out_ += bytes;
    if (bytes.ends_with("bye")) ending_ = Ending::kLinger;
    if (bytes.ends_with("abort")) ending_ = Ending::kAbort;
    if (bytes.ends_with("upgrade"))
      transport_->replace(std::make_unique<EchoSession>(seen_, "upgraded:"), "rest");
    transport_->wake();
  }
  void input_ended() override {
    ++seen_.ended;
    ending_ = Ending::kLinger;
  }
  void lost(const Error& error) override {
    ++seen_.lost;
    seen_.error = error.text();
  }
  bool wants_input() const override { return true; }
  std::size_t gather(std::span<std::string_view> buffers) override {
    if (out_.empty()) return 0;
    buffers[0] = out_;
    return 1;
  }
  void sent(std::size_t count) override { out_.erase(0, count); }
  Ending ending() const override { return ending_; }
  void retire() override { ++seen_.retired; }
  void drain() override {
    ++seen_.drained;
    ending_ = Ending::kLinger;
  }
  bool idle() const override { return out_.empty(); }

 private:
  Seen& seen_;
  std::string out_;
  Transport* transport_ = nullptr;
  Ending ending_ = Ending::kOpen;
};

class WireTest : public ::testing::Test {
 protected:
  void until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < give_up) loop_.poll();
    ASSERT_TRUE(condition());
  }
  void TearDown() override {
    bool done = false;
    server_.drain([&] { done = true; });
    until([&] { return done; });
  }
  // A client that collects the bytes that it receives, on the same loop.
  std::unique_ptr<Connection> connect(const Endpoint& endpoint, EchoSession::Seen& seen,
                                      std::string first) {
    Result<std::unique_ptr<Connection>> result = fail(Code::kUnknown, "pending");
    bool done = false;
    const auto dialing = dial(loop_, endpoint, limits_, Deadline::never(), [&](auto connected) {
      result = std::move(connected);
      done = true;
    });
    EXPECT_FALSE(done) << "done ran inside dial()";
    until([&] { return done; });
    if (!result) return nullptr;
    auto connection = std::move(*result);
    connection->start(std::make_unique<ClientSession>(seen, std::move(first)),
                      [&](Connection&) { ++gone_; });
    return connection;
  }

  class ClientSession final : public Session {
   public:
    ClientSession(EchoSession::Seen& seen, std::string out) : seen_(seen), out_(std::move(out)) {}
    void start(Transport&) override {}
    void receive(std::string_view bytes) override { seen_.input += bytes; }
    void input_ended() override {
      ++seen_.ended;
      ending_ = Ending::kLinger;
    }
    void lost(const Error& error) override {
      ++seen_.lost;
      seen_.error = error.text();
    }
    bool wants_input() const override { return true; }
    std::size_t gather(std::span<std::string_view> buffers) override {
      if (out_.empty()) return 0;
      buffers[0] = out_;
      return 1;
    }
    void sent(std::size_t count) override { out_.erase(0, count); }
    Ending ending() const override { return ending_; }
    void drain() override {}
    bool idle() const override { return true; }

   private:
    EchoSession::Seen& seen_;
    std::string out_;
    Ending ending_ = Ending::kOpen;
  };

  SystemClock clock_;
  NullLog log_;
  Limits limits_;
  Loop loop_{clock_};
  EchoSession::Seen server_seen_;
  EchoSession::Seen client_seen_;
  int gone_ = 0;
  Loop* loops_[1] = {&loop_};
  Server server_{loops_, [this](Loop&) { return std::make_unique<EchoSession>(server_seen_); },
                 limits_, log_};
};

TEST_F(WireTest, EchoesOverEveryKindOfSocketAndLingersWithoutLosingBytes) {
  const std::string path = ::testing::TempDir() + "ofn-wire-" + std::to_string(getpid());
  for (const Endpoint& where :
       {Endpoint{"127.0.0.1", 0, {}}, Endpoint{"::1", 0, {}}, Endpoint{"::", 0, {}},
        Endpoint{"", 0, path}, Endpoint{"", 0, "@ofn-wire-" + std::to_string(getpid())}}) {
    EchoSession::Seen served, seen;
    Server server(
        loops_, [&](Loop&) { return std::make_unique<EchoSession>(served); }, limits_, log_);
    auto bound = server.listen(where);
    ASSERT_TRUE(bound) << bound.error().text();
    EXPECT_TRUE(where.is_unix() || bound->port != 0);
    if (bound->host == "::") bound->host = "127.0.0.1";  // dual-stack
    const std::string large(std::size_t{3} << 20, 'x');
    const int gone = gone_;
    const auto connection = connect(*bound, seen, large + "bye");
    ASSERT_NE(connection, nullptr);
    until([&] { return gone_ == gone + 1; });
    EXPECT_EQ(seen.input.size(), large.size() + 3) << where.text();
    EXPECT_EQ(seen.error + served.error, "") << where.text();
    bool drained = false;
    server.drain([&] { drained = true; });
    until([&] { return drained; });
    EXPECT_EQ(server.connections(), 0U);
    while (loop_.poll()) {
    }
  }
  EXPECT_NE(access(path.c_str(), F_OK), 0) << "the socket file is left behind";
}

TEST_F(WireTest, AbortResets) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  const auto connection = connect(*bound, client_seen_, "abort");
  until([&] { return gone_ == 1; });
  EXPECT_EQ(client_seen_.lost, 1);
}

TEST_F(WireTest, ReplacedSessionGetsTheRest) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  const auto connection = connect(*bound, client_seen_, "upgrade");
  until([&] { return client_seen_.input == "upgradeupgraded:rest"; });
  connection->close();
  until([&] { return gone_ == 1; });
}

TEST_F(WireTest, DrainServesWhatHasArrived) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  const auto connection = connect(*bound, client_seen_, "late");
  until([&] { return server_seen_.input == "late"; });
  bool drained = false;
  server_.drain([&] { drained = true; });
  until([&] { return drained && gone_ == 1; });
  EXPECT_EQ(client_seen_.input, "late");
  EXPECT_EQ(server_seen_.drained, 1);
}

TEST_F(WireTest, ARetiredServerServesNewConnections) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  const auto before = connect(*bound, client_seen_, "before");
  until([&] { return client_seen_.input == "before"; });
  EXPECT_EQ(server_seen_.retired, 0);
  server_.retire();
  EchoSession::Seen other;
  const auto after = connect(*bound, other, "upgrade");
  until([&] { return other.input == "upgradeupgraded:rest"; });
  EXPECT_EQ(server_seen_.retired, 3) << "one session each, and the one that replaced another";
  EXPECT_EQ(server_seen_.drained, 0);
  EXPECT_EQ(gone_, 0) << "the first connection stays";
  bool drained = false;
  server_.drain([&] { drained = true; });
  until([&] { return drained && gone_ == 2; });
}

TEST_F(WireTest, TwoLoopsGetTwoConnections) {
  Loop second(clock_);
  std::vector<Loop*> used;
  Loop* loops[] = {&loop_, &second};
  Server server(
      loops,
      [&](Loop& loop) {
        used.push_back(&loop);
        return std::make_unique<EchoSession>(server_seen_);
      },
      limits_, log_);
  const auto bound = server.listen({"127.0.0.1", 0, {}});
  EchoSession::Seen other;
  const auto a = connect(*bound, client_seen_, "a");
  const auto b = connect(*bound, other, "b");
  until([&] {
    second.poll();
    return client_seen_.input == "a" && other.input == "b";
  });
  EXPECT_EQ(used, (std::vector<Loop*>{&loop_, &second}));
  bool drained = false;
  server.drain([&] { drained = true; });
  until([&] {
    second.poll();
    return drained && gone_ == 2;
  });
}

std::ptrdiff_t lines(const ofn::testing::RecordingLog& log) {
  return std::ranges::count(log.text(), '\n');
}

// A client that only connects: the kernel completes that even if no server accepts.
class PlainClient {
 public:
  explicit PlainClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    (void)connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;
  ~PlainClient() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

TEST_F(WireTest, AtTheLimitNewConnectionsWaitUntilOneEnds) {
  ofn::testing::RecordingLog log;
  Server server(
      loops_, [this](Loop&) { return std::make_unique<EchoSession>(server_seen_); }, limits_, log,
      2);
  const auto bound = server.listen({"127.0.0.1", 0, {}});
  std::deque<PlainClient> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(bound->port);
  until([&] { return lines(log) == 1; });
  while (loop_.poll()) {
  }
  EXPECT_EQ(server.connections(), 2U);
  for (int left = 4; left > 2; --left) {
    clients.pop_front();
    const int ended = server_seen_.ended;
    until([&] { return server_seen_.ended == ended + 1 && server.connections() == 2; });
  }
  EXPECT_EQ(lines(log), 1) << "once a minute at most";
  clients.emplace_back(bound->port);
  // drain() also serves the connection that waits beyond the limit, so that none is reset.
  bool drained = false;
  const int before = server_seen_.drained;
  server.drain([&] { drained = true; });
  clients.clear();
  until([&] { return drained; });
  EXPECT_EQ(server_seen_.drained - before, 3);
}

// An existing connection waits for only a few new ones, however many come.
TEST_F(WireTest, ManyNewConnectionsLeaveOthersTheirTurn) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  const PlainClient first(bound->port);
  until([&] { return server_.connections() == 1; });
  std::deque<PlainClient> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(bound->port);
  ASSERT_EQ(send(first.fd(), "x", 1, 0), 1);
  std::size_t when_served = 0;
  loop_.run_until([&] {
    if (when_served == 0 && !server_seen_.input.empty()) when_served = server_.connections();
    return server_.connections() == 101;
  });
  EXPECT_GT(when_served, 0U);
  EXPECT_LT(when_served, 20U);
}

// A read stops at the urgent mark and returns fewer bytes than it had room for, although more bytes wait.
TEST_F(WireTest, WhatComesBehindUrgentDataAndBeforeTheEndIsRead) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  const PlainClient client(bound->port);
  ASSERT_EQ(send(client.fd(), "before", 6, 0), 6);
  ASSERT_EQ(send(client.fd(), "!", 1, MSG_OOB), 1);
  ASSERT_EQ(send(client.fd(), "behind", 6, 0), 6);
  until([&] { return server_seen_.input == "beforebehind"; });
  ASSERT_EQ(send(client.fd(), " last", 5, 0), 5);
  shutdown(client.fd(), SHUT_WR);
  until([&] { return server_seen_.ended == 1; });
  EXPECT_EQ(server_seen_.input, "beforebehind last");
}

TEST_F(WireTest, WithoutDescriptorsItWaitsAndDoesNotSpin) {
  ofn::testing::ManualClock clock;
  Loop loop(clock);
  Loop* loops[] = {&loop};
  ofn::testing::RecordingLog log;
  Server server(
      loops, [this](Loop&) { return std::make_unique<EchoSession>(server_seen_); }, limits_, log);
  const auto bound = server.listen({"127.0.0.1", 0, {}});
  const PlainClient client(bound->port);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto settle = [&] {
    int turns = 0;
    while (loop.poll() && turns < 100) ++turns;
    return turns;
  };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (log.text().empty() && std::chrono::steady_clock::now() < give_up) loop.poll();
  for (int i = 0; i < 10; ++i) {
    clock.advance(std::chrono::milliseconds(50));
    EXPECT_LT(settle(), 100) << "it spins";
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(lines(log), 1);
  EXPECT_EQ(server.connections(), 0U);
  clock.advance(std::chrono::milliseconds(50));
  settle();
  EXPECT_EQ(server.connections(), 1U) << "it was not lost";
  bool drained = false;
  server.drain([&] { drained = true; });
  for (int i = 0; i < 1000 && !drained; ++i) {
    clock.advance(std::chrono::seconds(1));
    settle();
  }
  EXPECT_TRUE(drained);
}

TEST_F(WireTest, PortInUseNamesTheHolder) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  Server second(
      loops_, [&](Loop&) { return std::make_unique<EchoSession>(server_seen_); }, limits_, log_);
  const auto refused = second.listen(*bound);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kAlreadyExists);
  EXPECT_NE(refused.error().text().find("the port is in use (held by="), std::string::npos)
      << refused.error().text();
  EXPECT_NE(refused.error().text().find("(pid " + std::to_string(getpid()) + ")"),
            std::string::npos);
}

TEST_F(WireTest, ListenErrorsSayWhatIsWrong) {
  EXPECT_EQ(server_.listen({"192.0.2.1", 0, {}}).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(server_.listen({"no such host", 0, {}}).error().code(), Code::kInvalidArgument);
  EXPECT_FALSE(server_.listen({"", 0, std::string(200, 'x')}));
}

TEST_F(WireTest, DialFailsWithTheReasonAndNeverInside) {
  const auto bound = server_.listen({"127.0.0.1", 0, {}});
  bool drained = false;
  server_.drain([&] { drained = true; });
  until([&] { return drained; });
  for (const Endpoint& nowhere :
       {*bound, Endpoint{"", 0, "/nonexistent/socket"}, Endpoint{"", 0, std::string(300, 'x')},
        Endpoint{std::string(70, 'x'), 1, {}}}) {
    std::string error;
    const auto dialing = dial(loop_, nowhere, limits_, Deadline::never(), [&](auto result) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code(), Code::kUnavailable);
      error = result.error().text();
    });
    EXPECT_EQ(error, "");
    until([&] { return !error.empty(); });
    EXPECT_NE(error.find("cannot connect to " + nowhere.text()), std::string::npos) << error;
  }
}

TEST_F(WireTest, DialGivesUpAtTheDeadlineAndWhenDropped) {
  bool ran = false;
  {
    const auto dropped =
        dial(loop_, {"127.0.0.1", 1, {}}, limits_, Deadline::never(), [&](auto) { ran = true; });
  }
  loop_.poll();
  EXPECT_FALSE(ran);
  Code code = Code::kOk;
  const auto late = dial(loop_, {"host.invalid", 1, {}}, limits_, Deadline(clock_.now()),
                         [&](auto result) { code = result.error().code(); });
  until([&] { return code != Code::kOk; });
  EXPECT_TRUE(code == Code::kDeadlineExceeded || code == Code::kUnavailable);
}

}  // namespace
}  // namespace ofn::wire
