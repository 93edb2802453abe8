#include "os/ready_notice.h"

#include <array>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::os {
namespace {

using testing::HasSubstr;

// A service manager's socket, which receives the messages.
class Receiver {
 public:
  explicit Receiver(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                               (name.front() == '@' ? 0 : 1));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_.get(), generic, length), 0);
  }
  // Returns the next message, or "none".
  std::string next() const {
    std::array<char, 256> buffer{};
    const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
    return size < 0 ? "none" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  Descriptor fd_;
};

ReadyNotice notice_to(ReadyNotice::Options options) {
  auto notice = ReadyNotice::to(std::move(options));
  EXPECT_TRUE(notice) << notice.error().message();
  return *std::move(notice);
}

TEST(ReadyNotice, SendsToPathsAndAbstractNames) {
  const TemporaryDirectory folder;
  for (const std::string& name :
       {(folder.path() / "notify").native(), "@ofn-ready-notice-" + std::to_string(::getpid())}) {
    const Receiver receiver(name);
    ReadyNotice notice = notice_to({.fd = {}, .socket = name});
    EXPECT_EQ(receiver.next(), "none");
    EXPECT_TRUE(notice.ready());
    EXPECT_EQ(receiver.next(), "READY=1\n");
    EXPECT_TRUE(notice.stopping());
    EXPECT_EQ(receiver.next(), "STOPPING=1\n");
    EXPECT_EQ(receiver.next(), "none");
  }
}

TEST(ReadyNotice, WritesALineFeedAndClosesTheDescriptor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  {
    ReadyNotice notice = notice_to({.fd = ends[1], .socket = {}});
    EXPECT_EQ(::fcntl(ends[1], F_GETFD), FD_CLOEXEC) << "compilers do not inherit it";
    EXPECT_TRUE(notice.ready());
    EXPECT_TRUE(notice.stopping()) << "there is nothing to tell";
    std::array<char, 8> buffer{};
    EXPECT_EQ(::read(ends[0], buffer.data(), buffer.size()), 1);
    EXPECT_EQ(buffer[0], '\n');
    EXPECT_EQ(::read(ends[0], buffer.data(), buffer.size()), 0) << "its end";
  }
  ::close(ends[0]);
}

TEST(ReadyNotice, WithoutAReceiverDoesNothing) {
  ReadyNotice notice = notice_to({});
  EXPECT_TRUE(notice.ready());
  EXPECT_TRUE(notice.stopping());
}

TEST(ReadyNotice, SaysWhatIsWrongWithADescriptor) {
  const Descriptor reading(::open("/dev/null", O_RDONLY));
  const struct {
    int fd;
    const char* said;
  } cases[] = {{-1, "is not open"},
               {1, "standard stream"},
               {987, "is not open; the process that starts this one must leave it open"},
               {reading.get(), "open for reading only"}};
  for (const auto& [fd, said] : cases) {
    const auto notice = ReadyNotice::to({.fd = fd, .socket = {}});
    ASSERT_FALSE(notice) << said;
    EXPECT_EQ(notice.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(notice.error().message(), HasSubstr(said));
  }
}

TEST(ReadyNotice, SaysThatNobodyWasTold) {
  const struct {
    std::string socket;
    const char* said;
  } cases[] = {{"/no/such/socket", "No such file"},
               {"@ofn-no-such-socket", "Connection refused"},
               {"vsock:2:1234", "neither a path nor an abstract name"},
               {"/" + std::string(200, 'x'), "too long"}};
  for (const auto& [socket, said] : cases) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    ReadyNotice notice = notice_to({.fd = ends[1], .socket = socket});
    const auto told = notice.ready();
    ASSERT_FALSE(told) << socket;
    EXPECT_EQ(told.error().code(), Code::kUnavailable);
    EXPECT_THAT(told.error().message(), HasSubstr(said));
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1) << "the other one is told";
    EXPECT_FALSE(notice.stopping());
    ::close(ends[0]);
  }
}

TEST(ReadyNotice, AReaderThatIsGoneOrDoesNotReadIsAnError) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // the program has a handler
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ReadyNotice gone = notice_to({.fd = ends[1], .socket = {}});
  ::close(ends[0]);
  const auto to_nobody = gone.ready();
  ASSERT_FALSE(to_nobody);
  EXPECT_THAT(to_nobody.error().message(), HasSubstr("Broken pipe"));

  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  const std::string text(4096, 'x');
  while (::write(ends[1], text.data(), text.size()) > 0) {
  }
  ReadyNotice full = notice_to({.fd = ends[1], .socket = {}});
  const auto refused = full.ready();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("does not read"));
  ::close(ends[0]);
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace ofn::os
