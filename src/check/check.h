// Finds mistakes in a function's files before the function runs: the context, the components, the variables, the code's names, the
// manifests, and whether they agree.
//
//   Project project{.sources = {{"hello.cc", text}}};
//   for (const Finding& finding : check(project)) say(finding.id, finding.place.line, finding.found);
//
// It compiles nothing and opens no file: the caller reads the texts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "check/finding.h"
#include "check/text.h"
#include "context/environment.h"

namespace ofn::check {

// The texts of a function, and what is known of the rest. A value.
struct Project {
  std::vector<Text> contexts = {};    // files with a context
  std::vector<Text> env_files = {};   // files of variables, which may hold contexts as well
  std::vector<Text> components = {};  // files of the components' folder
  // The folder's name; empty if it does not exist.
  std::string components_folder = {};
  std::vector<Text> sources = {};  // C++, also headers
  // False if the function has parts that are no text, such as built plugins: then no name is missing in the code.
  bool has_all_sources = true;
  std::vector<Text> manifests = {};
  // The target that a flag names: {"--target", "hello", is_file = false}.
  std::optional<Text> target = {};
  // The environment without the files' variables. A context in it counts only if no file has one.
  Environment environment = {};
};

// Threads: any. Cost: linear in the size of the texts, milliseconds for a usual function.
std::vector<Finding> check(const Project& project);

}  // namespace ofn::check
