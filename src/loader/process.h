// Runs programs (compiler, linker, cmake) and captures their output. No shell is involved.
//
//   const std::vector<Command> commands{{.arguments = {"g++", "-c", "a.cc"}}};
//   auto results = run_all(commands, 2, limits);
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "os/process.h"

namespace ofn::loader {

using os::Command;

struct Finished {
  int exit_code = 0;   // after a signal: 128 + its number, as shells count
  std::string output;  // standard output and error, as they came; the first 1 MiB
  Duration cpu{};      // user and system time of the program and its children

  bool ok() const { return exit_code == 0; }
};

// The limits of a run: its deadline, its stop token, and whether the commands run with the lowest
// priority.
struct Limits {
  Deadline deadline;
  std::stop_token stop;
  bool in_background = false;  // Builder copies this to each Command
};

// Runs all commands, `at_once` at a time, and waits for them. Returns the results in the order of `commands`.
// Each command has an empty standard input, none of this process's descriptors, and no LD_PRELOAD. If this process dies, even by SIGKILL, the
// commands and their children end.
// Errors: a program that cannot be started; kDeadlineExceeded and kCancelled, after every process
// group was asked to end and then killed. A program that exits with an error code is not an Error:
// see Finished.
Result<std::vector<Finished>> run_all(std::span<const Command> commands, std::size_t at_once,
                                      const Limits& limits);

Result<Finished> run(const Command& command, const Limits& limits);

}  // namespace ofn::loader
