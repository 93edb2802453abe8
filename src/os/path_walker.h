// The places of the file system that decide which file a path names.
//
//   // /cfg/app.yaml is a link to ..data/app.yaml, and /cfg/..data is a link to ..data_1:
//   PathWalker().way_of("/cfg/app.yaml").places;   // {/cfg, app.yaml}, {/cfg, ..data}, {/cfg/..data_1, app.yaml}
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::os {

struct PathPlace {
  std::string folder;  // has no links; exists
  std::string name;    // in that folder: a link, the file itself, or the first part that is missing
  bool operator==(const PathPlace&) const = default;
};

struct PathWay {
  std::vector<PathPlace> places;     // the last one is where the file is, or would be made
  std::vector<std::string> folders;  // the real folders on the way, outermost first, without "/"
  bool exists = false;               // there is something at the end: a file, a folder, …
};

// Finds the ways of many paths. It remembers which folders are real ones, so most paths cost one
// call to the kernel. A path is absolute.
// Lifetime: short; what it remembers becomes wrong when folders change.
class PathWalker {
 public:
  PathWay way_of(std::string_view path);

 private:
  std::set<std::string, std::less<>> real_folders_;
};

}  // namespace ofn::os
