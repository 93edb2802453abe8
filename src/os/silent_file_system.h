// Names the file systems that do not tell of all changes (inotify(7), "Limitations"): another
// machine, or a program behind the file system, changes files without the kernel's knowledge.
//
//   if (auto name = silent_file_system("/mnt/share")) …   // "NFS"
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ofn::os {

// Returns the name of the folder's file system if it is such a one. A folder that does not exist
// yet counts as the folder in which it would be made.
std::optional<std::string_view> silent_file_system(const std::string& folder);
// The same for the number of a type (statfs(2), f_type).
std::optional<std::string_view> silent_file_system_of(unsigned long type);

}  // namespace ofn::os
