#include "os/forked_child.h"

#include <array>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/end_forked_child.h"
#include "os/report.h"

namespace ofn::os {

namespace {

// The offsets of d_reclen and d_name in the records that getdents64(2) writes.
constexpr std::size_t kLengthAt = 16;
constexpr std::size_t kNameAt = 19;

bool is_served(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_UNIX) {
    const std::size_t length = process_state.unix_path_size;
    const auto& unix_address = reinterpret_cast<const sockaddr_un&>(address);
    return length != 0 && size >= offsetof(sockaddr_un, sun_path) + length &&
           std::memcmp(unix_address.sun_path, process_state.unix_path.data(), length) == 0;
  }
  in_port_t port = 0;
  if (address.ss_family == AF_INET) port = reinterpret_cast<sockaddr_in&>(address).sin_port;
  if (address.ss_family == AF_INET6) port = reinterpret_cast<sockaddr_in6&>(address).sin6_port;
  if (port == 0) return false;
  for (const auto& own : process_state.ports)
    if (own == ntohs(port)) return true;
  return false;
}

// Closes the parent's connections and listening sockets in the child. A connection that the parent closes ends for its peer only
// when no process has it open any more, and the port becomes free only then as well. The function uses only calls that are
// async-signal-safe, because it runs in the child of a process with threads.
void close_what_the_parent_serves() {
  const int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  alignas(8) std::array<char, 4096> entries;
  for (;;) {
    const long size = syscall(SYS_getdents64, folder, entries.data(), entries.size());
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const char* const entry = entries.data() + at;
      unsigned short length = 0;
      std::memcpy(&length, entry + kLengthAt, sizeof length);
      const char* const name = entry + kNameAt;
      int fd = -1;
      std::from_chars(name, name + std::strlen(name), fd);
      if (fd >= 0 && fd != folder && is_served(fd)) close(fd);
      at += length;
    }
  }
  close(folder);
}

void in_child() {
  if (process_state.process == 0) return;
  process_state.is_forked_child = true;
  // The framework changes the action of SIGPIPE for its own writes; the child gets the default back.
  std::signal(SIGPIPE, SIG_DFL);
  close_what_the_parent_serves();
}

}  // namespace

namespace internal {

const std::atomic<bool>& is_forked_child = process_state.is_forked_child;

void end_this_child() {
  const WatchedProcess::Options* const options = process_state.options;
  const int code = options == nullptr ? EXIT_FAILURE : options->came_back;
  bool self = false;
  if (is_first_to_report(self)) {
    Report report;
    report.line.begin(unix_micros_now(), Level::kError,
                      "a process that the function forked returned to the framework, and was "
                      "ended: it must call _exit() or exec()");
    report.scratch.add_number(static_cast<std::uint64_t>(getpid()));
    report.line.field("process", report.scratch.text());
    add_calls(report.line, report.scratch);
    write_behind_log(report.line.end());
  }
  end_at_once(code);
}

}  // namespace internal

void watch_forks() { pthread_atfork(nullptr, nullptr, in_child); }

}  // namespace ofn::os
