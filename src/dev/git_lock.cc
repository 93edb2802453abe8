#include "dev/git_lock.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "dev/file_content.h"

namespace ofn::dev {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kOldest = std::int64_t{10} * 1'000'000'000;
constexpr std::string_view kElsewhere = "gitdir: ";

// Returns git's own folder of a working tree. In a linked working tree and in a submodule, a file says where it is.
fs::path git_folder(const fs::path& git) {
  std::error_code ignored;
  if (fs::is_directory(git, ignored)) return git;
  std::string line;
  std::ifstream file(git);
  if (!std::getline(file, line) || !line.starts_with(kElsewhere)) return {};
  return git.parent_path() / line.substr(kElsewhere.size());
}

}  // namespace

bool is_git_writing(const std::string& folder) {
  std::error_code ignored;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (const fs::path git = at / ".git"; fs::exists(git, ignored)) {
      const FileStamp lock = file_stamp_of((git_folder(git) / "index.lock").native());
      return lock != FileStamp() && file_time_now() - lock.modified < kOldest;
    }
    if (!at.has_relative_path()) return false;
  }
}

}  // namespace ofn::dev
