#include "dev/watched_folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

namespace ofn::dev {
namespace {

namespace fs = std::filesystem;

bool is_of_editor(std::string_view name) {
  // GNU and vim; programs that write and then rename; JetBrains.
  constexpr std::array<std::string_view, 7> kEnds = {"~",    ".swp",         ".swx",        ".tmp",
                                                     ".bak", "___jb_tmp___", "___jb_old___"};
  const auto ends = [&](std::string_view end) { return name.ends_with(end); };
  return name.starts_with('.') || std::ranges::any_of(kEnds, ends) ||
         (name.starts_with('#') && name.ends_with('#')) ||  // Emacs
         // vim tries with 4913 and higher numbers whether it may write in a folder.
         name.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_left_out(const fs::directory_entry& folder) {
  std::error_code ignored;
  return folder.path().filename().native().starts_with('.') || folder.is_symlink(ignored) ||
         fs::exists(folder.path() / "CMakeCache.txt", ignored);
}

}  // namespace

bool WatchedFolder::has(std::string_view name) const { return !is_of_editor(name) && wants(name); }

Listing list(const WatchedFolder& folder) {
  Listing listing{.files = {}, .folders = {folder.path}};
  std::error_code error;
  fs::recursive_directory_iterator it(folder.path, fs::directory_options::skip_permission_denied,
                                      error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      if (folder.depth == WatchedFolder::Depth::kItself || is_left_out(*it)) {
        it.disable_recursion_pending();
      } else {
        listing.folders.push_back(it->path().native());
      }
    } else if (folder.has(it->path().filename().native()) && it->is_regular_file(ignored)) {
      listing.files.push_back(it->path().native());
    }
  }
  return listing;
}

}  // namespace ofn::dev
