// Finds out, by short runs of a compiler, what it can do for functions.
//
//   const auto probed = probe_compiler(request, folder);
//   if (probed && !probed->makes_functions) say(probed->failure);
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "loader/loader.h"

namespace ofn::loader {

struct CompilerProbe {
  std::string path;              // as it is run
  std::string name;              // its own words: "g++ (Debian 12.2.0-14) 12.2.0"
  bool makes_functions = false;  // C++20 with <ofn/function.h>, linked to a shared object
  bool knows_cxx23 = false;
  std::string failure;  // the first error if it makes no functions
  bool has_gtest = false;
  bool has_catch2 = false;
  std::string linker;  // "mold", "lld"; empty: its own
};

// Uses LoadRequest's compiler, flags, include folder, deadline and stop token. Writes into `folder`, which exists and is empty.
// Errors: kNotFound: there is no compiler; kDeadlineExceeded, kCancelled. Cost: four runs, about a second.
Result<CompilerProbe> probe_compiler(const LoadRequest& request,
                                     const std::filesystem::path& folder);

}  // namespace ofn::loader
