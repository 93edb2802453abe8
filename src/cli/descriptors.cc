#include "cli/descriptors.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ofn::cli {

void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    int opened = ::open("/dev/null", O_RDWR);
    // A minimal root file system has no /dev. Then an anonymous file in memory occupies the number.
    if (opened < 0) opened = ::memfd_create("standard stream", 0);
    if (opened >= 0 && opened != stream) {
      ::dup2(opened, stream);
      ::close(opened);
    }
  }
}

std::optional<std::string> descriptor_shortage(std::size_t needed) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  // The loop opens nothing, and stops as soon as it has found enough free numbers.
  std::size_t free = 0;
  for (rlim_t fd = 0; fd < limit.rlim_cur && free < needed; ++fd) {
    if (::fcntl(static_cast<int>(fd), F_GETFD) < 0) ++free;
  }
  if (free >= needed) return {};
  return "the limit of open files is " + std::to_string(limit.rlim_cur) + ", and " +
         std::to_string(limit.rlim_cur - free) + " are open: " + std::to_string(needed) +
         " more are needed to start; raise the limit (ulimit -n 1024, LimitNOFILE= of systemd, "
         "--ulimit nofile=1024 of docker)";
}

}  // namespace ofn::cli
