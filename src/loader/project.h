// A source directory. If it has a CMakeLists.txt, CMake builds it; otherwise all source files in it
// belong to the program.
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
// Returns true if the path has the extension of a C++ source file.
bool is_source_file(const std::filesystem::path& path);
// Returns true if a file of this name in a CMake project may be an input of its build.
bool is_project_file(const std::filesystem::path& path);

struct SourceFiles {
  std::vector<Source> sources;        // sorted
  std::vector<std::string> left_out;  // "app/out (a CMake build folder)"
  std::vector<std::string> folders;   // the folders that were searched, sorted
};

// Returns every source file in `directory` and below. Leaves out hidden files and folders, folders
// in which CMake builds (they have a CMakeCache.txt), links to folders, and tests (`*_test.cc`).
// `left_out` names those of them that have sources, except hidden ones.
// Errors: a folder that cannot be read; more than 20,000 files and folders, or 1000 sources.
Result<SourceFiles> find_sources(const std::filesystem::path& directory, const std::string& shown);

struct BuiltProject {
  // Errors: cmake is not installed; cmake's errors; no shared object with an ABI note, or several.
  Result<std::filesystem::path> program;
  // The files that can change the build: those below the project's folder that is_project_file() names,
  // except in hidden folders and CMake build folders; the files that compilers have listed in
  // dependency files; the files in the project's folder that its commands read. A generator that
  // writes no Makefiles, such as Ninja, gives only the first of them. After a failure also the
  // headers that a compiler looked for.
  std::set<std::string> inputs = {};
  std::vector<std::string> folders = {};  // the folders of the project that were searched, sorted
  std::vector<Diagnostic> diagnostics = {};
  bool is_new = false;  // the build tool has made the program anew
  std::vector<CompilerWarning> warnings = {};
};

// Configures and builds the project in the cache, and returns its one shared object with an ABI
// note. `find_package(ofn)` finds this framework's headers as ofn::function, and OFN_INCLUDE_DIR
// names them. If two processes build, one waits for the other.
BuiltProject build_cmake_project(const std::filesystem::path& directory, const LoadRequest& request,
                                 std::span<const std::string> author_flags,
                                 const Compiler& compiler, const Cache& cache,
                                 const Limits& limits);

}  // namespace ofn::loader
