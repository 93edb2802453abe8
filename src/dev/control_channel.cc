#include "dev/control_channel.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace ofn::dev {

namespace {

// So that a message of the largest size fits beside others.
constexpr int kBuffer = 1 << 20;
// Beside the kind: the text is in a file, whose descriptor the message has.
constexpr unsigned char kInFile = 0x80;
// No text goes as a file if this much of the socket's buffer is used: some 50 messages.
constexpr std::size_t kBehind = std::size_t{64} << 10;

struct Outgoing {
  unsigned char kind;
  std::string_view text;
  int descriptor;
};

ssize_t send_once(int socket, const Outgoing& outgoing) {
  auto kind = outgoing.kind;
  // sendmsg() only reads the bytes.
  std::array<iovec, 2> parts = {
      {{.iov_base = &kind, .iov_len = 1},
       {.iov_base = const_cast<char*>(outgoing.text.data()), .iov_len = outgoing.text.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (outgoing.descriptor >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &outgoing.descriptor, sizeof(int));
  }
  return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

os::Descriptor descriptor_of(msghdr& message) {
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return os::Descriptor(fd);
  }
  return os::Descriptor();
}

unsigned char byte_of(MessageKind kind) { return static_cast<unsigned char>(kind); }

os::Descriptor file_of(std::string_view text) {
  os::Descriptor file(::memfd_create("ofn-message", MFD_CLOEXEC));
  while (file && !text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return os::Descriptor();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

std::string text_of(const os::Descriptor& file) {
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return "";
  std::string text(std::min(static_cast<std::size_t>(facts.st_size), ControlChannel::kMostInFile),
                   '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t size =
        ::pread(file.get(), text.data() + filled, text.size() - filled, static_cast<off_t>(filled));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    filled += static_cast<std::size_t>(size);
  }
  text.resize(filled);
  return text;
}

}  // namespace

Result<std::pair<ControlChannel, ControlChannel>> ControlChannel::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(Code::kResourceExhausted,
                std::string("no socket for the worker: ") + std::strerror(errno));
  }
  for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kBuffer, sizeof kBuffer);
  return std::pair(ControlChannel(os::Descriptor(ends[0])),
                   ControlChannel(os::Descriptor(ends[1])));
}

Result<ControlChannel> ControlChannel::inherit(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    return fail(Code::kInvalidArgument,
                "descriptor " + std::to_string(fd) + " is not a supervisor's socket");
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return ControlChannel(os::Descriptor(fd));
}

ControlChannel::Sent ControlChannel::send_now(MessageKind kind, std::string_view text,
                                              int descriptor) const {
  if (text.size() > kMost) return Sent::kClosed;
  const Outgoing outgoing{.kind = byte_of(kind), .text = text, .descriptor = descriptor};
  while (send_once(fd(), outgoing) < 0) {
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::kFull : Sent::kClosed;
  }
  return Sent::kSent;
}

std::size_t ControlChannel::unread() const {
  int bytes = 0;
  return ::ioctl(fd(), SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

Result<void> ControlChannel::send(MessageKind kind, std::string_view text, int descriptor) const {
  if (text.size() > kMost) return fail(Code::kInvalidArgument, "the message is too large");
  for (;;) {
    const Sent sent = send_now(kind, text, descriptor);
    if (sent == Sent::kSent) return {};
    if (sent == Sent::kClosed)
      return fail(Code::kUnavailable, std::string("the other process: ") + std::strerror(errno));
    pollfd socket{.fd = fd(), .events = POLLOUT, .revents = 0};
    ::poll(&socket, 1, -1);
  }
}

bool ControlChannel::try_send(MessageKind kind, std::string_view text) const {
  if (text.size() <= kMost)
    return send_once(fd(), {.kind = byte_of(kind), .text = text, .descriptor = -1}) >= 0;
  if (text.size() > kMostInFile || unread() > kBehind) return false;
  const os::Descriptor file = file_of(text);
  if (!file) return false;
  const auto in_file = static_cast<unsigned char>(byte_of(kind) | kInFile);
  return send_once(fd(), {.kind = in_file, .text = {}, .descriptor = file.get()}) >= 0;
}

ControlChannel::Received ControlChannel::receive() const {
  thread_local std::vector<char> buffer(kMost + 1);
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = -1;
  do {
    size = ::recvmsg(fd(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
  if (size <= 0) return {.message = {}, .ended = true};
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
  const auto kind = static_cast<unsigned char>(bytes.front());
  if ((kind & kInFile) != 0) {
    return {.message = Message{.kind = static_cast<MessageKind>(kind & ~kInFile),
                               .text = text_of(descriptor_of(message))}};
  }
  return {.message = Message{.kind = static_cast<MessageKind>(kind),
                             .text = std::string(bytes.substr(1)),
                             .descriptor = descriptor_of(message)}};
}

}  // namespace ofn::dev
