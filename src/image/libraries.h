// Which shared libraries a program needs, as the system's loader finds them.
//
//   const auto needed = libraries_of({.linker = "/lib64/ld-linux-x86-64.so.2", .files = {"/usr/bin/ff", "hello.so"}});
//   if (!needed) return needed.error();
//   for (const Library& library : *needed) copy(library.file, library.place);
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::image {

struct Library {
  std::string name;            // as others ask for it: "libm.so.6"; a path for the loader itself
  std::filesystem::path file;  // on this machine
  // In an image, which has no cache of the loader (/etc/ld.so.cache): all libraries are in the C library's folder, which the loader
  // knows by itself. What is asked for by a path has that path.
  std::string place;
  // The index in LibraryQuery::files of the first file that needs it; the number of these files if one of `opened` needs it.
  std::size_t needed_by = 0;
};

struct LibraryQuery {
  // The system's dynamic loader, as the program names it.
  std::filesystem::path linker;
  // The program, and what it loads later. If several need a library of one name, the first one's is taken, because a process has
  // each name only once.
  std::vector<std::filesystem::path> files;
  // Libraries that the program opens by name when it needs them. A name has no blank, no colon and no slash.
  std::vector<std::string> opened = {};
};

// Returns the libraries, the loader among them, sorted by their places. None of the files' code runs.
// Errors: kNotFound: a library that is missing; the message names it and the file that needs it. kInternal: the loader cannot be run.
// Cost: a run of the loader for each file, and one for `opened`: some milliseconds each.
Result<std::vector<Library>> libraries_of(const LibraryQuery& query);

// One line of the loader's list.
struct ListedLibrary {
  std::string name;
  std::string file;  // empty: not found
  friend bool operator==(const ListedLibrary&, const ListedLibrary&) = default;
};
// Reads what `ld.so --list` has printed. Leaves out what is no library: the kernel's vDSO, messages.
std::vector<ListedLibrary> parse_library_list(std::string_view text);

}  // namespace ofn::image
