// A source directory: with a CMakeLists.txt it is built as that says, without one each source file
// in it belongs to the program.
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "loader/cache.h"
#include "loader/compiler.h"
#include "loader/process.h"

namespace ofn::loader {

bool is_cmake_project(const std::filesystem::path& directory);
// By its extension.
bool is_source_file(const std::filesystem::path& path);

struct SourceFiles {
  std::vector<Source> sources;        // sorted
  std::vector<std::string> left_out;  // "app/out (a CMake build folder)"
};

// Every source file in `directory` and below. Left out: hidden files and folders, folders that CMake
// builds in (they have a CMakeCache.txt), links to folders, and tests (`*_test.cc`). `left_out` names
// those of them that have sources, but for what the author has hidden.
// Errors: a folder that cannot be read.
Result<SourceFiles> find_sources(const std::filesystem::path& directory, const std::string& shown);

struct BuiltProject {
  std::filesystem::path program;
  // Every file below the project's folder, but for hidden ones and CMake build folders; and the files that compilers have listed
  // in dependency files. A generator that keeps no such files, as Ninja, leaves the first.
  std::set<std::string> inputs;
};

// Configures and builds the project in the cache and returns the one shared object in it that
// carries an ABI note. `find_package(ofn)` finds this framework's headers, as ofn::function, and
// OFN_INCLUDE_DIR names them. Two processes wait for each other.
// Errors: cmake is not installed; what cmake says; no such shared object, or several.
Result<BuiltProject> build_cmake_project(const std::filesystem::path& directory,
                                         const std::string& shown,
                                         std::span<const std::string> author_flags,
                                         const Compiler& compiler,
                                         const std::filesystem::path& include_dir,
                                         const Cache& cache, const Limits& limits);

}  // namespace ofn::loader
