// Runs programs (compiler, linker, cmake) and takes what they say. No shell is involved.
//
//   auto results = run_all({{.arguments = {"g++", "-c", "a.cc"}}}, 2, limits);
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace ofn::loader {

struct Command {
  std::vector<std::string> arguments;  // [0]: the program; without '/', it is looked for in PATH
  bool in_background = false;          // it gives way to all other processes
};

struct Finished {
  int exit_code = 0;   // of a signal: 128 + its number, as shells count
  std::string output;  // standard output and error, as they came; what is beyond 1 MiB is dropped
  Duration cpu{};      // user and system time of the program and its children

  bool ok() const { return exit_code == 0; }
};

// When to give up.
struct Limits {
  Deadline deadline;
  std::stop_token stop;
  bool in_background = false;  // the commands give way to all others; for Builder to say
};

// Runs all commands, `at_once` at a time, and waits for them. In the order of `commands`.
// Each command is a process group of its own; standard input is empty. When this process dies, also
// by SIGKILL, the groups are ended.
// Errors: a program that cannot be started; kDeadlineExceeded and kCancelled, after every process
// group has been asked to end, and killed. A program that fails is no Error: see Finished.
Result<std::vector<Finished>> run_all(std::span<const Command> commands, std::size_t at_once,
                                      const Limits& limits);

Result<Finished> run(const Command& command, const Limits& limits);

}  // namespace ofn::loader
