// A source directory: with a CMakeLists.txt it is built as that says, without one each source file
// in it belongs to the program.
#pragma once

#include <filesystem>
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

// Every source file in `directory` and below, sorted. Left out: hidden folders, `build*`, and tests
// (`*_test.cc`).
std::vector<Source> find_sources(const std::filesystem::path& directory, const std::string& shown);

// Configures and builds the project in the cache and returns the one shared object in it that
// carries an ABI note. `find_package(ofn)` finds this framework's headers, as ofn::function, and
// OFN_INCLUDE_DIR names them. Two processes wait for each other.
// Errors: cmake is not installed; what cmake says; no such shared object, or several.
Result<std::filesystem::path> build_cmake_project(const std::filesystem::path& directory,
                                                  const std::string& shown,
                                                  const std::string& cxxflags,
                                                  const Compiler& compiler,
                                                  const std::filesystem::path& include_dir,
                                                  const Cache& cache, const Limits& limits);

}  // namespace ofn::loader
