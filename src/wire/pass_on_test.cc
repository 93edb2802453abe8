// Tests Server::pass_on(): one server passes its connections on to another one. Both run on one loop that the test drives by hand.
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "os/descriptor.h"
#include "testing/recording_log.h"
#include "wire/http2/client_session.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::wire {
namespace {

// Answers with its name; keeps a request for "/later" until answer_later().
class Named final : public Handler {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  void handle(ExchangePtr exchange) override {
    if (exchange->request().target == "/later") {
      later_.push_back(std::move(exchange));
    } else {
      exchange->respond(Response(name_));
    }
  }
  void answer_later() {
    answer_and_keep();
    give_back();
  }
  // As a service does whose function still runs when its time is over.
  void answer_and_keep() {
    for (const ExchangePtr& exchange : later_) exchange->respond(Response(name_ + " later"));
  }
  void give_back() { later_.clear(); }
  std::size_t waiting() const { return later_.size(); }

 private:
  std::string name_;
  std::vector<ExchangePtr> later_;
};

// A server of HTTP.
struct Site {
  Site(Loop& loop, std::string name, Log& log)
      : handler(std::move(name)),
        sessions(handler, limits, log),
        server(std::array{&loop}, [this](Loop&) { return sessions.make(); }, limits, log) {}
  Limits limits;
  Named handler;
  HttpSessions sessions;
  Server server;
};

std::string request(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

class PassOn : public ::testing::Test {
 protected:
  PassOn() { bound_ = *old_.server.listen({"127.0.0.1", 0, {}}); }
  void TearDown() override {
    for (Site* site : {&old_, &next_}) {
      bool done = false;
      site->server.drain([&] { done = true; });
      until([&] { return done; });
    }
  }
  void until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < give_up) loop_.poll();
    ASSERT_TRUE(condition());
  }
  // A blocking client, whose answers the test reads while it drives the loop.
  os::Descriptor connect() {
    const std::size_t before = old_.server.connections();
    auto socket = os::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(bound_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    until([&] { return old_.server.connections() > before; });
    return socket;
  }
  static void send(const os::Descriptor& client, std::string_view bytes) {
    EXPECT_EQ(::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // The bodies of the next `count` answers.
  std::vector<std::string> bodies(const os::Descriptor& client, std::size_t count) {
    std::string& seen = seen_;
    seen.clear();
    std::vector<std::string> found;
    until([&] {
      std::array<char, 4096> buffer{};
      const ssize_t size = ::recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size == 0) found.emplace_back("closed");
      if (size > 0) seen.append(buffer.data(), static_cast<std::size_t>(size));
      for (;;) {
        const std::size_t head = seen.find("\r\n\r\n");
        const std::size_t at = seen.find("Content-Length: ");
        if (head == std::string::npos || at == std::string::npos) break;
        const std::size_t length = std::stoul(seen.substr(at + 16));
        if (seen.size() < head + 4 + length) break;
        EXPECT_EQ(seen.substr(0, head).find("Connection: close"), std::string::npos);
        found.push_back(seen.substr(head + 4, length));
        seen.erase(0, head + 4 + length);
      }
      return found.size() >= count;
    });
    return found;
  }
  void pass_on() {
    old_.server.pass_on(
        {.take = [this](int fd,
                        std::string_view unread) { next_.server.adopt(fd, std::string(unread)); },
         .left = [this] { left_ = true; }},
        [this] { done_ = true; });
  }
  using Bodies = std::vector<std::string>;

  SystemClock clock_;
  Loop loop_{clock_};
  ofn::testing::RecordingLog log_;
  Site old_{loop_, "old", log_};
  Site next_{loop_, "next", log_};
  Endpoint bound_;
  std::string seen_;
  bool left_ = false;
  bool done_ = false;
};

TEST_F(PassOn, AnIdleConnectionGoesOnInTheOtherServer) {
  const os::Descriptor client = connect();
  send(client, request("/"));
  EXPECT_EQ(bodies(client, 1), Bodies{"old"});
  pass_on();
  until([&] { return left_ && done_; });
  EXPECT_EQ(old_.server.connections(), 0U);
  EXPECT_EQ(next_.server.connections(), 1U);
  send(client, request("/"));
  EXPECT_EQ(bodies(client, 1), Bodies{"next"});
}

TEST_F(PassOn, AConnectionWithoutARequestGoesAtOnce) {
  const os::Descriptor client = connect();
  pass_on();
  until([&] { return left_ && done_; });
  send(client, request("/"));
  EXPECT_EQ(bodies(client, 1), Bodies{"next"});
}

TEST_F(PassOn, ARequestThatRunsIsAnsweredBeforeItsConnectionGoes) {
  const os::Descriptor client = connect();
  send(client, request("/later"));
  until([&] { return old_.handler.waiting() == 1; });
  pass_on();
  until([&] { return left_; });
  EXPECT_FALSE(done_);
  send(client, request("/"));
  for (int i = 0; i < 10; ++i) loop_.poll();  // it is read ahead
  old_.handler.answer_later();
  EXPECT_EQ(bodies(client, 2), (Bodies{"old later", "next"}));
  until([&] { return done_; });
}

TEST_F(PassOn, AConnectionGoesWhenItsRequestIsGivenBackAfterTheAnswer) {
  const os::Descriptor client = connect();
  send(client, request("/later"));
  until([&] { return old_.handler.waiting() == 1; });
  old_.handler.answer_and_keep();
  EXPECT_EQ(bodies(client, 1), Bodies{"old later"});
  pass_on();
  send(client, request("/"));
  for (int i = 0; i < 10; ++i) loop_.poll();  // it is read ahead
  EXPECT_FALSE(done_);
  old_.handler.give_back();
  EXPECT_EQ(bodies(client, 1), Bodies{"next"});
  until([&] { return done_; });
}

TEST_F(PassOn, ARequestOfAClientThatSendsNoMoreGoesToTheOtherServer) {
  const os::Descriptor client = connect();
  send(client, request("/later") + request("/"));
  until([&] { return old_.handler.waiting() == 1; });
  pass_on();
  EXPECT_EQ(::shutdown(client.get(), SHUT_WR), 0);
  for (int i = 0; i < 10; ++i) loop_.poll();
  old_.handler.answer_later();
  const Bodies answers = bodies(client, 2);  // and the end of the connection
  EXPECT_EQ(Bodies(answers.begin(), answers.begin() + 2), (Bodies{"old later", "next"}));
  until([&] { return done_; });
}

// Pipelined requests go where they belong, wherever the bytes are cut when the connection is passed on.
TEST_F(PassOn, ARequestThatHasBegunIsTheOldServers) {
  const std::string first = request("/a");
  const std::string bytes = first + request("/b");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    Site old(loop_, "old", log_);
    Site next(loop_, "next", log_);
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()), 0);
    os::Descriptor client(pair[0]);
    old.server.adopt(pair[1], {});
    send(client, bytes.substr(0, cut));
    for (int i = 0; i < 4; ++i) loop_.poll();
    bool left = false;
    bool done = false;
    old.server.pass_on(
        {.take = [&](int fd,
                     std::string_view unread) { next.server.adopt(fd, std::string(unread)); },
         .left = [&] { left = true; }},
        [&] { done = true; });
    until([&] { return left; });
    send(client, bytes.substr(cut));
    // A first connection is passed on even in the middle of the preface of HTTP/2, to which no request line belongs.
    const std::string one = cut < 1 ? "next" : "old";
    const std::string two = cut <= first.size() ? "next" : "old";
    EXPECT_EQ(bodies(client, 2), (Bodies{one, two}));
    until([&] { return done; });
    client = os::Descriptor();
    next.server.drain([&] { done = false; });
    until([&] { return !done; });
  }
}

TEST_F(PassOn, AClientOfHttp2ConnectsAgain) {
  auto made = std::make_unique<http2::ClientSession>(http2::ClientOptions{}, [] {});
  http2::ClientSession& session = *made;
  bool gone = false;
  os::Descriptor socket = connect();
  Limits limits;
  Connection connection(loop_, socket.release(), "server", limits);
  connection.start(std::move(made), [&](Connection&) { gone = true; });
  std::vector<std::string> answers;
  const auto ask = [&](std::string_view path) {
    session.send({.authority = "h", .path = path}, "", [&](const http2::ClientOutcome& outcome) {
      answers.push_back(outcome ? std::string(outcome->body) : outcome.error().error.text());
    });
  };
  ask("/later");
  until([&] { return old_.handler.waiting() == 1; });
  pass_on();
  ask("/");  // sent before the client knows
  until([&] { return left_; });
  EXPECT_EQ(answers, Bodies{"old"});
  EXPECT_FALSE(session.accepts());
  EXPECT_FALSE(done_);
  old_.handler.answer_later();
  until([&] { return answers.size() == 2 && done_ && gone; });
  EXPECT_EQ(answers.back(), "old later");
  EXPECT_EQ(next_.server.connections(), 0U);
}

}  // namespace
}  // namespace ofn::wire
