// The files that a failed build looked for and did not find. If one of them is made, the next build
// may succeed, so a program that builds again after changes watches them, too.
//
//   inputs.merge(headers_looked_for(missing, {.read = read, .flags = flags, .folders = {}}));
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::loader {

// The places where a compiler looked for headers.
struct LookedIn {
  std::span<const std::string> read;   // files; headers beside them may have been meant
  std::span<const std::string> flags;  // the author's, and the loader's
  std::vector<std::string> folders;    // others
};

// Returns each place where a header of one of these names ("x.h", "dir/x.h") would be found: the
// folders of the flags (-I, -isystem, …), of CPATH and CPLUS_INCLUDE_PATH, those of the files that
// were read, except the system's own, and the system's usual ones for other software. Places where
// no header is looked for may be among them.
std::set<std::string> headers_looked_for(std::span<const std::string> names,
                                         const LookedIn& places);

// The headers that a compiler did not find, and the files that include them.
struct Missing {
  std::vector<std::string> names;
  std::vector<std::string> included_by;
};

// Reads them from a compiler's messages in any language: finds each "file:line:" whose line in that
// file includes a header. Relative names are searched in `folder`. The headers of other messages
// about such a line are among them.
Missing missing_headers(std::string_view messages, const std::filesystem::path& folder);

// Returns the files that a linker's flags name: objects, archives, and each place where a library of
// -l would be found in the folders of -L.
std::set<std::string> libraries_looked_for(std::span<const std::string> flags);

}  // namespace ofn::loader
