#include "os/ready_notice.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace ofn::os {
namespace {

// How long a receiver that does not read may delay the program.
constexpr int kPatienceMs = 100;

std::unexpected<Error> not_told(const std::string& receiver, std::string_view why) {
  return fail(Code::kUnavailable, "cannot tell " + receiver + ": " + std::string(why));
}

Result<void> write_line_feed(const Descriptor& fd) {
  const std::string receiver =
      "descriptor " + std::to_string(fd.get()) + " that the program is ready";
  pollfd room{.fd = fd.get(), .events = POLLOUT, .revents = 0};
  if (::poll(&room, 1, kPatienceMs) <= 0)
    return not_told(receiver, "the process at the other end does not read");
  ssize_t wrote = -1;
  while ((wrote = ::write(fd.get(), "\n", 1)) < 0 && errno == EINTR) {
  }
  if (wrote == 1) return {};
  return not_told(receiver, std::strerror(errno));
}

Result<void> send_to(const std::string& socket_name, std::string_view message) {
  const std::string receiver = "the socket " + socket_name + " (NOTIFY_SOCKET)";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!socket_name.starts_with('/') && !socket_name.starts_with('@'))
    return not_told(receiver, "neither a path nor an abstract name (@…)");
  if (socket_name.size() >= sizeof address.sun_path)
    return not_told(receiver, "its name is too long");
  socket_name.copy(address.sun_path, socket_name.size());
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_name.size());
  if (socket_name.front() == '@') {
    address.sun_path[0] = '\0';
  } else {
    ++length;
  }
  const Descriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!sender) return not_told(receiver, std::strerror(errno));
  const timeval patience{.tv_sec = 0, .tv_usec = kPatienceMs * 1000L};
  ::setsockopt(sender.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ssize_t sent = -1;
  do {
    sent =
        ::sendto(sender.get(), message.data(), message.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), length);  // NOLINT: the sockets API
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {};
  return not_told(receiver, std::strerror(errno));
}

}  // namespace

Result<ReadyNotice> ReadyNotice::to(Options options) {
  if (!options.fd) return ReadyNotice(Descriptor(), std::move(options.socket));
  const int fd = *options.fd;
  const auto refuse = [&](std::string_view why) {
    return fail(Code::kInvalidArgument, "cannot tell descriptor " + std::to_string(fd) +
                                            " that the program is ready: it " + std::string(why));
  };
  if (fd >= 0 && fd <= STDERR_FILENO) return refuse("is a standard stream, and carries text");
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) {
    return refuse(
        "is not open; the process that starts this one must leave it open across exec(), without "
        "FD_CLOEXEC");
  }
  if ((flags & O_ACCMODE) == O_RDONLY) return refuse("is open for reading only");
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return ReadyNotice(Descriptor(fd), std::move(options.socket));
}

Result<void> ReadyNotice::ready() {
  Result<void> result;
  if (fd_) result = write_line_feed(fd_);
  fd_ = Descriptor();
  if (!socket_.empty()) {
    if (auto sent = send_to(socket_, "READY=1\n"); !sent) result = std::move(sent);
  }
  return result;
}

Result<void> ReadyNotice::stopping() {
  if (socket_.empty()) return {};
  return send_to(socket_, "STOPPING=1\n");
}

}  // namespace ofn::os
