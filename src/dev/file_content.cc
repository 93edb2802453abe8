#include "dev/file_content.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <sys/stat.h>

#include "loader/digest.h"

namespace ofn::dev {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// The coarsest stamps in use (FAT), and more than the tick of any other file system.
constexpr std::int64_t kFresh = 2 * kSecond;

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

}  // namespace

FileStamp file_stamp_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .bytes = static_cast<std::uint64_t>(status.st_size),
          .modified = nanoseconds(status.st_mtim),
          .changed = nanoseconds(status.st_ctim)};
}

FileContent file_content_of(const std::string& path) {
  // The stamp comes first: if the file changes meanwhile, the next look finds another stamp.
  FileContent content{.stamp = file_stamp_of(path), .name = {}};
  if (content.stamp == FileStamp()) return content;
  content.is_fresh = file_time_now() - content.stamp.changed < kFresh;
  if (is_of_system(path)) {
    content.name =
        std::to_string(content.stamp.bytes) + " bytes of " + std::to_string(content.stamp.modified);
  } else {
    content.name = loader::digest_file(path).value_or("unreadable");
  }
  return content;
}

bool is_of_system(std::string_view path) {
  // Not all of /usr: container images keep the author's files in /usr/src or /usr/local.
  constexpr std::array<std::string_view, 3> kFolders = {"/usr/include/", "/usr/lib", "/lib"};
  return std::ranges::any_of(kFolders,
                             [&](std::string_view folder) { return path.starts_with(folder); });
}

std::int64_t file_time_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

SystemTime system_time_of(std::int64_t file_time) {
  return SystemTime(
      std::chrono::duration_cast<SystemTime::duration>(std::chrono::nanoseconds(file_time)));
}

}  // namespace ofn::dev
