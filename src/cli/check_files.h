// Finds and reads the files of a function that `check` looks at.
//
//   CheckFiles files = read_check_files(command.path, command.flags, env);
//   if (!files.problems.empty()) return complain(files.problems, kExitUsage);
//   check::check(files.project);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "check/check.h"
#include "check/report.h"
#include "context/environment.h"
#include "context/flag_table.h"

namespace ofn::cli {

struct CheckFiles {
  check::Project project;
  check::Checked counts;
  // As --source has it: the folder, or a file in it.
  std::string source;
  std::vector<std::string> problems;  // about files that a flag or variable names: for the user
};

// `path`: a folder or a source; empty: the working folder. docs/check.md says which files are read. Files that nothing names and that
// cannot be read are left out.
// Limits: 20,000 files and folders are looked at, and files of at most 1 MiB are read.
CheckFiles read_check_files(const std::string& path, const Flags& flags, const Environment& env);

}  // namespace ofn::cli
