// The system calls that every request needs. glibc's versions are cancellation points, which costs
// two atomic operations each in a process with threads. This program cancels no threads, so it does
// without them.
//
//   const ssize_t count = system_call::receive(fd, place, MSG_DONTWAIT);
//
// Results and errno are those of recv(2), send(2) and epoll_wait(2).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ofn::system_call {

// The sanitizers see only what glibc's functions read, write and order.
#if defined(OFN_THREAD_SANITIZER) || defined(OFN_ADDRESS_SANITIZER)
inline constexpr bool kByGlibc = true;
#else
inline constexpr bool kByGlibc = false;
#endif

inline ssize_t receive(int fd, std::span<char> place, int flags) {
  if constexpr (kByGlibc) return ::recv(fd, place.data(), place.size(), flags);
  return ::syscall(SYS_recvfrom, fd, place.data(), place.size(), flags, nullptr, nullptr);
}

inline ssize_t send(int fd, std::string_view bytes, int flags) {
  if constexpr (kByGlibc) return ::send(fd, bytes.data(), bytes.size(), flags);
  return ::syscall(SYS_sendto, fd, bytes.data(), bytes.size(), flags, nullptr, 0);
}

// `milliseconds`: -1 waits without a limit.
inline int epoll_wait(int epoll, std::span<epoll_event> events, int milliseconds) {
  const int most = static_cast<int>(events.size());
  if constexpr (kByGlibc) return ::epoll_wait(epoll, events.data(), most, milliseconds);
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait, epoll, events.data(), most, milliseconds, nullptr, 0));
}

}  // namespace ofn::system_call
