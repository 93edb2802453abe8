#include "cli/replaced_file.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "document/problem.h"
#include "os/descriptor.h"
#include "os/small_file.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestPath = 4096;

std::unexpected<Error> not_written(const std::string& file) {
  const std::string reason = std::generic_category().message(errno);
  return fail(Code::kPermissionDenied,
              "the file " + ofn::quoted(file, kLongestPath) + " cannot be written: " + reason);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<void> replace_file(const std::string& file, std::string_view before,
                          std::string_view after) {
  std::error_code error;
  const fs::path target = fs::canonical(file, error);
  struct stat status{};
  if (error || ::stat(target.c_str(), &status) != 0) return not_written(file);
  const auto now = os::read_small_file(target.native());
  if (!now || *now != before) {
    return fail(Code::kFailedPrecondition, "the file " + ofn::quoted(file, kLongestPath) +
                                               " has changed meanwhile; check again");
  }
  std::string beside = (target.parent_path() / ".ofn-XXXXXX").native();
  const os::Descriptor made(::mkstemp(beside.data()));
  if (made.get() < 0) return not_written(file);
  const bool is_written = ::fchmod(made.get(), status.st_mode & 07777U) == 0 &&
                          write_all(made.get(), after) && ::fsync(made.get()) == 0 &&
                          ::rename(beside.c_str(), target.c_str()) == 0;
  if (is_written) return {};
  auto problem = not_written(file);
  ::unlink(beside.c_str());
  return problem;
}

}  // namespace ofn::cli
