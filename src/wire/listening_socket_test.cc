// Tests sockets that listen: made here, taken over from another process, and handed on.
#include "wire/listening_socket.h"

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "testing/temporary_directory.h"
#include "wire/server.h"

namespace ofn::wire {
namespace {

using testing::HasSubstr;

Endpoint at_path(const TemporaryDirectory& folder) {
  return {"", 0, (folder.path() / "socket").native()};
}

TEST(ListeningSocket, RemovesTheFileThatItHasMade) {
  const TemporaryDirectory folder;
  const Endpoint endpoint = at_path(folder);
  {
    auto first = ListeningSocket::listen(endpoint);
    ASSERT_TRUE(first) << first.error().text();
    const ListeningSocket moved = *std::move(first);
    EXPECT_TRUE(std::filesystem::exists(endpoint.unix_path));
    const auto second = ListeningSocket::listen(endpoint);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Code::kAlreadyExists);
    EXPECT_THAT(second.error().text(), HasSubstr("remove the file if no server uses it"));
    EXPECT_TRUE(std::filesystem::exists(endpoint.unix_path)) << "it is the first one's";
  }
  EXPECT_FALSE(std::filesystem::exists(endpoint.unix_path));
}

TEST(ListeningSocket, LeavesAFileThatIsAnotherSockets) {
  const TemporaryDirectory folder;
  const Endpoint endpoint = at_path(folder);
  {
    auto left = ListeningSocket::listen(endpoint);
    ASSERT_TRUE(left);
    left->leave_path();
  }
  EXPECT_TRUE(std::filesystem::exists(endpoint.unix_path));
  std::filesystem::remove(endpoint.unix_path);
  std::unique_ptr<ListeningSocket> successor;
  {
    const auto first = ListeningSocket::listen(endpoint);
    ASSERT_TRUE(first);
    std::filesystem::remove(endpoint.unix_path);
    auto second = ListeningSocket::listen(endpoint);
    ASSERT_TRUE(second);
    successor = std::make_unique<ListeningSocket>(*std::move(second));
  }
  EXPECT_TRUE(std::filesystem::exists(endpoint.unix_path));
}

TEST(ListeningSocket, TakesOverWhatListens) {
  const TemporaryDirectory folder;
  const std::string name = "@ofn-listening-" + std::to_string(getpid());
  for (const Endpoint& endpoint : {Endpoint{"127.0.0.1", 0, {}}, Endpoint{"::1", 0, {}},
                                   at_path(folder), Endpoint{"", 0, name}}) {
    const auto made = ListeningSocket::listen(endpoint);
    ASSERT_TRUE(made) << made.error().text();
    const int handed = dup(made->fd());  // dup() clears FD_CLOEXEC, as the giver must
    fcntl(handed, F_SETFL, 0);
    {
      const auto taken = ListeningSocket::inherit(handed);
      ASSERT_TRUE(taken) << taken.error().text();
      EXPECT_EQ(taken->address().text(), made->address().text());
      EXPECT_EQ(fcntl(handed, F_GETFD), FD_CLOEXEC) << "no program of the function gets it";
      EXPECT_NE(fcntl(handed, F_GETFL) & O_NONBLOCK, 0);
    }
    if (!endpoint.unix_path.starts_with('@') && endpoint.is_unix()) {
      EXPECT_TRUE(std::filesystem::exists(endpoint.unix_path)) << "the giver's";
    }
  }
}

TEST(ListeningSocket, SaysWhatADescriptorIsInstead) {
  std::array<int, 2> pair{};
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  constexpr int kClosed = 987;
  const struct {
    int fd;
    std::string_view said;
  } cases[] = {
      {-1, "it is not open"},
      {kClosed, "the process that starts this one must leave it open across exec()"},
      {open("/proc/self/exe", O_RDONLY), "it is a file; a TCP or Unix stream socket"},
      {open("/", O_RDONLY), "it is a folder"},
      {open("/dev/null", O_RDWR), "it is a terminal or another device"},
      {pipe_ends[0], "it is a pipe"},
      {socket(AF_INET, SOCK_DGRAM, 0), "it is a datagram socket (UDP)"},
      {socket(AF_UNIX, SOCK_SEQPACKET, 0), "it is no stream socket"},
      {socket(AF_NETLINK, SOCK_RAW, 0), "it is a socket of address family 16"},
      {pair[1], "it is the socket of one connection"},
      {socket(AF_INET, SOCK_STREAM, 0), "it is a socket that does not listen; the process that"},
  };
  for (const auto& [fd, said] : cases) {
    const auto refused = ListeningSocket::inherit(fd);
    ASSERT_FALSE(refused) << said;
    EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(refused.error().message(), HasSubstr(std::string(said)));
    EXPECT_THAT(refused.error().message(),
                HasSubstr("cannot listen on descriptor " + std::to_string(fd) + ": "));
    if (fd != kClosed && fd >= 0) {
      EXPECT_EQ(close(fd), 0) << "it stays the caller's";
    }
  }
  close(pair[0]);
  close(pipe_ends[1]);
}

// Servers of one loop that each count their connections and do nothing with them.
class HandOverTest : public testing::Test {
 protected:
  std::unique_ptr<Server> make() {
    return std::make_unique<Server>(
        loops_, [](Loop&) { return std::make_unique<SilentSession>(); }, limits_, log_);
  }
  void until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < give_up) loop_.poll();
    ASSERT_TRUE(condition());
  }
  void drain(Server& server) {
    bool drained = false;
    server.drain([&] { drained = true; });
    until([&] { return drained; });
  }
  static int connect_to(const Endpoint& endpoint) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    endpoint.unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(fd, generic, sizeof address) == 0 ? fd : (close(fd), -1);
  }

 private:
  class SilentSession final : public Session {
   public:
    void start(Transport&) override {}
    void receive(std::string_view) override {}
    void input_ended() override { ending_ = Ending::kLinger; }
    void lost(const Error&) override {}
    bool wants_input() const override { return true; }
    std::size_t gather(std::span<std::string_view>) override { return 0; }
    void sent(std::size_t) override {}
    Ending ending() const override { return ending_; }
    void drain() override { ending_ = Ending::kAbort; }
    bool idle() const override { return true; }

   private:
    Ending ending_ = Ending::kOpen;
  };

 protected:
  SystemClock clock_;
  NullLog log_;
  Limits limits_;
  Loop loop_{clock_};
  Loop* loops_[1] = {&loop_};
  const TemporaryDirectory folder_;
  const Endpoint endpoint_ = at_path(folder_);
};

TEST_F(HandOverTest, AServerThatWasNotDrainedLeavesNoFile) {
  {
    const auto server = make();
    ASSERT_TRUE(server->listen(endpoint_));
    EXPECT_TRUE(std::filesystem::exists(endpoint_.unix_path));
  }
  EXPECT_FALSE(std::filesystem::exists(endpoint_.unix_path));
}

TEST_F(HandOverTest, ReleaseLeavesQueueAndPathToTheHeir) {
  const auto old = make();
  ASSERT_TRUE(old->listen(endpoint_));
  const int served = connect_to(endpoint_);
  ASSERT_GE(served, 0);
  until([&] { return old->connections() == 1; });

  const int handed = dup(old->listening_fd());
  old->release();
  EXPECT_EQ(old->listening_fd(), -1);
  const int queued = connect_to(endpoint_);
  ASSERT_GE(queued, 0) << "no client is refused between the two";
  drain(*old);
  EXPECT_EQ(old->connections(), 0U) << "it has not accepted what came after release()";
  EXPECT_TRUE(std::filesystem::exists(endpoint_.unix_path));

  const auto heir = make();
  auto inherited = ListeningSocket::inherit(handed);
  ASSERT_TRUE(inherited);
  heir->listen(*std::move(inherited));
  until([&] { return heir->connections() == 1; });
  const int later = connect_to(endpoint_);
  ASSERT_GE(later, 0);
  until([&] { return heir->connections() == 2; });
  drain(*heir);
  for (const int fd : {served, queued, later}) close(fd);
}

}  // namespace
}  // namespace ofn::wire
