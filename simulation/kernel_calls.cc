// The calls of the system that the framework makes. The linker gives them to the framework in place of the C library's functions
// (`--wrap`, CMakeLists.txt). Descriptors that the simulation has not made go to the real functions.
#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "simulation/kernel.h"

using ofn::simulation::Kernel;

namespace {

// A negative result is an error's number.
template <class Number>
Number told(Number result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

std::uint16_t port_in(const sockaddr* address) {
  sockaddr_in in{};
  std::memcpy(&in, address, sizeof in);
  return ntohs(in.sin_port);
}

void fill(sockaddr* address, socklen_t* length, std::uint16_t port) {
  if (address == nullptr) return;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memcpy(address, &in, std::min<std::size_t>(*length, sizeof in));
  *length = sizeof in;
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): the linker's names
extern "C" {

long __real_syscall(long number, ...);
ssize_t __real_write(int fd, const void* bytes, size_t size);
int __real_close(int fd);
int __real_setsockopt(int fd, int level, int name, const void* value, socklen_t size);
int __real_getsockopt(int fd, int level, int name, void* value, socklen_t* size);
int __real_poll(pollfd* fds, nfds_t count, int timeout);
ssize_t __real_getrandom(void* bytes, size_t size, unsigned flags);

int __wrap_epoll_create1(int /*flags*/) { return Kernel::here().epoll_create(); }
int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  return told(Kernel::here().epoll_ctl(epoll, operation, fd, event));
}
int __wrap_epoll_wait(int epoll, epoll_event* events, int most, int /*milliseconds*/) {
  return told(Kernel::here().epoll_wait(epoll, events, most));
}
int __wrap_eventfd(unsigned /*first*/, int /*flags*/) { return Kernel::here().event_create(); }
int __wrap_timerfd_create(int /*clock*/, int /*flags*/) { return Kernel::here().timer_create(); }
int __wrap_timerfd_settime(int fd, int /*flags*/, const itimerspec* when, itimerspec* /*before*/) {
  Kernel::here().timer_set(fd, std::chrono::seconds(when->it_value.tv_sec) +
                                   std::chrono::nanoseconds(when->it_value.tv_nsec));
  return 0;
}
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  if (!Kernel::owns(fd)) return __real_write(fd, bytes, size);
  Kernel::here().ring(fd);
  return static_cast<ssize_t>(size);
}

int __wrap_socket(int /*domain*/, int /*type*/, int /*protocol*/) {
  return Kernel::here().socket();
}
int __wrap_bind(int fd, const sockaddr* address, socklen_t /*size*/) {
  return told(Kernel::here().bind(fd, port_in(address)));
}
int __wrap_listen(int fd, int /*backlog*/) { return told(Kernel::here().listen(fd)); }
int __wrap_connect(int fd, const sockaddr* address, socklen_t /*size*/) {
  return told(Kernel::here().connect(fd, port_in(address)));
}
int __wrap_accept4(int fd, sockaddr* address, socklen_t* length, int /*flags*/) {
  std::uint16_t port = 0;
  const int accepted = Kernel::here().accept(fd, port);
  if (accepted >= 0) fill(address, length, port);
  return told(accepted);
}
int __wrap_getsockname(int fd, sockaddr* address, socklen_t* length) {
  fill(address, length, Kernel::here().port_of(fd));
  return 0;
}
int __wrap_getpeername(int fd, sockaddr* address, socklen_t* length) {
  fill(address, length, Kernel::here().peer_port_of(fd));
  return 0;
}
int __wrap_setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  if (!Kernel::owns(fd)) return __real_setsockopt(fd, level, name, value, size);
  if (level == SOL_SOCKET && name == SO_LINGER) Kernel::here().reset_on_close(fd);
  return 0;
}
int __wrap_getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
  if (!Kernel::owns(fd)) return __real_getsockopt(fd, level, name, value, size);
  const int error = level == SOL_SOCKET && name == SO_ERROR ? Kernel::here().take_error(fd) : 0;
  std::memcpy(value, &error, sizeof error);
  return 0;
}
int __wrap_shutdown(int fd, int /*how*/) { return told(Kernel::here().shut_down_writing(fd)); }
int __wrap_close(int fd) {
  if (!Kernel::owns(fd)) return __real_close(fd);
  Kernel::here().close(fd);
  return 0;
}
int __wrap_poll(pollfd* fds, nfds_t count, int timeout) {
  if (count != 1 || !Kernel::owns(fds->fd)) return __real_poll(fds, count, timeout);
  const unsigned state = Kernel::here().state_of(fds->fd);
  fds->revents =
      static_cast<short>(state & (static_cast<unsigned>(fds->events) | EPOLLERR | EPOLLHUP));
  return fds->revents == 0 ? 0 : 1;
}
ssize_t __wrap_recv(int fd, void* place, size_t size, int /*flags*/) {
  return told(Kernel::here().receive(fd, {static_cast<char*>(place), size}));
}
ssize_t __wrap_send(int fd, const void* bytes, size_t size, int /*flags*/) {
  return told(Kernel::here().send(fd, {static_cast<const char*>(bytes), size}));
}
ssize_t __wrap_sendmsg(int fd, const msghdr* message, int /*flags*/) {
  ssize_t sent = 0;
  for (size_t i = 0; i < message->msg_iovlen; ++i) {
    const iovec& part = message->msg_iov[i];
    if (part.iov_len == 0) continue;
    const std::ptrdiff_t count =
        Kernel::here().send(fd, {static_cast<const char*>(part.iov_base), part.iov_len});
    if (count < 0) return sent > 0 ? sent : told(count);
    sent += count;
    if (static_cast<size_t>(count) < part.iov_len) break;
  }
  return sent;
}
// Each run has the same random numbers.
ssize_t __wrap_getrandom(void* bytes, size_t size, unsigned flags) {
  if (!Kernel::exists()) return __real_getrandom(bytes, size, flags);
  auto* to = static_cast<unsigned char*>(bytes);
  for (size_t i = 0; i < size; ++i) to[i] = static_cast<unsigned char>(Kernel::here().random()());
  return static_cast<ssize_t>(size);
}
long __wrap_syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  const auto pointer = [&arguments](int i) { return reinterpret_cast<void*>(arguments[i]); };
  const int fd = static_cast<int>(arguments[0]);
  if (Kernel::owns(fd)) {
    if (number == SYS_recvfrom)
      return __wrap_recv(fd, pointer(1), static_cast<size_t>(arguments[2]), 0);
    if (number == SYS_sendto)
      return __wrap_send(fd, pointer(1), static_cast<size_t>(arguments[2]), 0);
    if (number == SYS_epoll_pwait)
      return __wrap_epoll_wait(fd, static_cast<epoll_event*>(pointer(1)),
                               static_cast<int>(arguments[2]), 0);
  }
  return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                        arguments[4], arguments[5]);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
