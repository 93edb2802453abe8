#include "cli/work_folder.h"

#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "ofn-work-";

// Only of this user's folders.
os::Descriptor lock(const fs::path& folder) {
  os::Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!opened || ::fstat(opened.get(), &status) != 0 || status.st_uid != ::geteuid() ||
      ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0)
    return os::Descriptor();
  return opened;
}

// Removes the folders whose processes were killed.
void remove_abandoned(const fs::path& parent) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    if (!entry.path().filename().native().starts_with(kPrefix)) continue;
    if (lock(entry.path())) fs::remove_all(entry.path(), error);
  }
}

}  // namespace

Result<WorkFolder> WorkFolder::make(std::span<const fs::path> cache_dirs) {
  for (const fs::path& cache : cache_dirs) {
    const fs::path parent = cache.parent_path();
    std::error_code error;
    fs::create_directories(parent, error);
    remove_abandoned(parent);
    std::string name = (parent / (std::string(kPrefix) + "XXXXXX")).native();
    if (::mkdtemp(name.data()) == nullptr) continue;
    os::Descriptor locked = lock(name);
    if (locked && fs::exists(name, error)) return WorkFolder(fs::path(name), std::move(locked));
  }
  return fail(Code::kPermissionDenied,
              "no folder for the compiled functions can be made; set XDG_CACHE_HOME or TMPDIR to a "
              "folder that can be written to");
}

WorkFolder::~WorkFolder() {
  if (!lock_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace ofn::cli
