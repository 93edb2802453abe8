#include "wire/listening_socket.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "wire/port_owner.h"

namespace ofn::wire {

namespace {

Error listen_error(const Endpoint& endpoint, int error_number) {
  const std::string where = "cannot listen on " + endpoint.text() + ": ";
  switch (error_number) {
    case EADDRINUSE: {
      if (endpoint.is_unix()) {
        return {Code::kAlreadyExists,
                where + "the name is in use; remove the file if no server uses it"};
      }
      Error error(Code::kAlreadyExists, where + "the port is in use");
      if (const auto owner = port_owner(endpoint.port)) error.with("held by", *owner);
      return error;
    }
    case EACCES:
      return {Code::kPermissionDenied,
              where + "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE"};
    case EADDRNOTAVAIL:
      return {Code::kInvalidArgument, where + "this machine has no such address"};
    default:
      return {Code::kUnavailable, where + std::strerror(error_number)};
  }
}

Endpoint bound_address(int fd) {
  Endpoint bound;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(fd, generic, &length) != 0) return bound;
  if (address.ss_family == AF_UNIX) {
    sockaddr_un unix_address{};
    std::memcpy(&unix_address, &address, sizeof unix_address);
    bound.unix_path.assign(unix_address.sun_path, length - offsetof(sockaddr_un, sun_path));
    if (bound.unix_path.starts_with('\0')) {
      bound.unix_path.front() = '@';
    } else {
      bound.unix_path = bound.unix_path.c_str();  // the kernel may count the zero at the end
    }
    return bound;
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  getnameinfo(generic, length, host.data(), host.size(), port.data(), port.size(),
              NI_NUMERICHOST | NI_NUMERICSERV);
  bound.host = host.data();
  bound.port = static_cast<std::uint16_t>(std::atoi(port.data()));
  return bound;
}

int option_of(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

std::string_view kind_of(mode_t mode) {
  if (S_ISREG(mode)) return "a file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISCHR(mode)) return "a terminal or another device";
  return "no socket";
}

// Returns why the descriptor cannot be served, or an empty text.
std::string problem_of(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) {
    return "is not open; the process that starts this one must leave it open across exec(), "
           "without FD_CLOEXEC";
  }
  constexpr std::string_view kNeeded = "; a TCP or Unix stream socket that listens is needed";
  if (!S_ISSOCK(status.st_mode))
    return "is " + std::string(kind_of(status.st_mode)).append(kNeeded);
  const int domain = option_of(fd, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)
    return "is a socket of address family " + std::to_string(domain).append(kNeeded);
  const int type = option_of(fd, SO_TYPE);
  if (type != SOCK_STREAM) {
    const std::string_view name =
        type == SOCK_DGRAM ? "a datagram socket (UDP)" : "no stream socket";
    return "is " + std::string(name).append(kNeeded);
  }
  if (option_of(fd, SO_ACCEPTCONN) == 1) return {};
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0)
    return "is the socket of one connection" + std::string(kNeeded);
  return "is a socket that does not listen; the process that hands it over must call listen() "
         "first";
}

}  // namespace

Result<ListeningSocket> ListeningSocket::listen(const Endpoint& endpoint) {
  sockaddr_storage address{};
  socklen_t length = 0;
  if (endpoint.is_unix()) {
    sockaddr_un unix_address{};
    unix_address.sun_family = AF_UNIX;
    if (endpoint.unix_path.size() >= sizeof unix_address.sun_path)
      return std::unexpected(listen_error(endpoint, ENAMETOOLONG));
    endpoint.unix_path.copy(unix_address.sun_path, endpoint.unix_path.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + endpoint.unix_path.size());
    if (endpoint.unix_path.front() == '@') {
      unix_address.sun_path[0] = '\0';
    } else {
      ++length;
    }
    std::memcpy(&address, &unix_address, sizeof unix_address);
  } else {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int status =
        getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (status != 0) {
      return fail(Code::kInvalidArgument,
                  "cannot listen on " + endpoint.text() + ": " + gai_strerror(status));
    }
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    length = found->ai_addrlen;
    freeaddrinfo(found);
  }

  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(listen_error(endpoint, errno));
  const int on = 1;
  const int off = 0;
  if (!endpoint.is_unix()) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(fd, SOMAXCONN) != 0) {
    const Error error = listen_error(endpoint, errno);
    ::close(fd);
    return std::unexpected(error);
  }
  ListeningSocket socket(fd, bound_address(fd));
  struct stat made{};
  if (endpoint.is_unix() && endpoint.unix_path.front() != '@' &&
      lstat(endpoint.unix_path.c_str(), &made) == 0) {
    socket.made_path_ = endpoint.unix_path;
    socket.path_device_ = made.st_dev;
    socket.path_inode_ = made.st_ino;
  }
  return socket;
}

Result<ListeningSocket> ListeningSocket::inherit(int fd) {
  if (const std::string problem = problem_of(fd); !problem.empty()) {
    return fail(Code::kInvalidArgument,
                "cannot listen on descriptor " + std::to_string(fd) + ": it " + problem);
  }
  // The process that hands it over may use it in blocking mode.
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return fail(Code::kUnavailable,
                "cannot listen on descriptor " + std::to_string(fd) + ": " + std::strerror(errno));
  }
  return ListeningSocket(fd, bound_address(fd));
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      made_path_(std::exchange(other.made_path_, {})),
      path_device_(other.path_device_),
      path_inode_(other.path_inode_) {}

ListeningSocket::~ListeningSocket() {
  struct stat there{};
  if (!made_path_.empty() && lstat(made_path_.c_str(), &there) == 0 &&
      there.st_dev == path_device_ && there.st_ino == path_inode_) {
    unlink(made_path_.c_str());
  }
  if (fd_ >= 0) close(fd_);
}

}  // namespace ofn::wire
