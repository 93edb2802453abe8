// What a file holds, as a name that tells other content apart.
//
//   const FileContent before = file_content_of("/src/f.cc");
//   …
//   if (file_content_of("/src/f.cc").name != before.name) …   // other bytes, or it is gone
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ofn::dev {

// What stat(2) says of a file; all zero if there is none. Equal stamps mean equal content, unless
// the file was changed twice within a tick of the kernel's clock.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  std::int64_t changed = 0;   // the same; no program can set it to another time
  bool operator==(const FileStamp&) const = default;
};

struct FileContent {
  FileStamp stamp;
  std::string name;       // equal content has equal names; empty: there is no such file
  bool is_fresh = false;  // the stamp is so young that a later change may not show in it

  bool exists() const { return !name.empty(); }
};

// Only regular files exist; links are followed. Cost: reads the file, unless it is the system's.
FileContent file_content_of(const std::string& path);
FileStamp file_stamp_of(const std::string& path);

// Returns true for files that the system's packages install: headers, libraries, compilers. They
// are told apart by size and time stamp.
bool is_of_system(std::string_view path);

// Returns a time that is not after the stamp of any file that changes from now on, in nanoseconds
// since 1970. It lags by some ticks of 1 to 10 ms, as the stamps of many file systems do.
std::int64_t file_time_now();
SystemTime system_time_of(std::int64_t file_time);

}  // namespace ofn::dev
