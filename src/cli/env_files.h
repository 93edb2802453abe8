// The files of --env-file: their variables become part of the program's environment.
//
//   const EnvFiles files = read_env_files(flags, env);
//   if (!files.problems.empty()) return complain(files.problems, kExitUsage);
//   set_in_process(files.variables);    // before the function is loaded
#pragma once

#include <span>
#include <string>
#include <vector>

#include "context/env_file.h"
#include "context/environment.h"
#include "context/flag_table.h"
#include "document/problem.h"

namespace ofn::cli {

struct EnvFiles {
  std::vector<std::string> files;       // as given, also those that cannot be read
  std::vector<FileVariable> variables;  // that the environment lacks; each name once
  std::vector<Note> notes;
  std::vector<Problem> problems;  // of all files; if there are any, nothing else is used
};

// Reads the files of --env-file or OFN_ENV_FILE; context/env_file.h has the grammar. A later file
// comes before an earlier one, and `env`, the environment without them, before all files. Changes
// nothing in the process.
EnvFiles read_env_files(const Flags& flags, const Environment& env);

// Sets the variables in the process, so that the function and the programs that it starts see them.
// Threads: no other thread reads or changes the environment meanwhile.
void set_in_process(std::span<const FileVariable> variables);

}  // namespace ofn::cli
