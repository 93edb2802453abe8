// Which libraries an image gets if its base has some of its own.
//
//   const auto chosen = choose_libraries({.libraries = *needed, .files = {{"/usr/bin/ff", "/usr/bin/ff"}}}, base.tree);
//   if (!chosen) return chosen.error();
//   for (const Library& library : chosen->added) copy(library.file, library.place);
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/libraries.h"
#include "image/root_tree.h"

namespace ofn::image {

struct LibraryNeeds {
  std::vector<Library> libraries;  // the loader and the C library among them
  struct File {
    std::string shown;  // in the image
    std::filesystem::path file;
  };
  std::vector<File> files;  // the program and the functions
};

struct ChosenLibraries {
  std::vector<Library> added;          // with the base's folder in `place`
  std::vector<std::string> of_base{};  // names
};

// A library that the base has in the folder of its C library stays the base's, because the base's other programs need it as it is, and
// because updates of the base shall count. Libraries that it lacks are added. A base without a dynamic loader gets ours, and the C library
// with it: these are of one build, so they come from one place.
// Errors: kFailedPrecondition: a library of the base is older than the image's files need; the message names the version of its symbols,
// and what to do.
Result<ChosenLibraries> choose_libraries(const LibraryNeeds& needs, const RootTree& base);

}  // namespace ofn::image
