// A folder in which each file of some kind belongs to a build.
//
//   const WatchedFolder folder{.path = "/src/f", .wants = is_source_file};
//   for (const std::string& file : list(folder).files) …
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::dev {

struct WatchedFolder {
  enum class Depth : std::uint8_t { kItself, kWithSubfolders };

  std::string path;                             // absolute; need not exist
  std::function<bool(std::string_view)> wants;  // gets the name of a file, without its folder
  Depth depth = Depth::kItself;

  // Returns true if a file with this name belongs to the build. Hidden files and the swap and
  // backup files of editors never do.
  bool has(std::string_view name) const;
};

struct Listing {
  std::vector<std::string> files;    // those that belong to the build
  std::vector<std::string> folders;  // the folder itself, and its subfolders if they count
};

// Hidden subfolders, CMake's build folders and links to folders are left out, as the loader leaves
// them out. A folder that cannot be read is empty.
Listing list(const WatchedFolder& folder);

}  // namespace ofn::dev
