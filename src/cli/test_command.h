// functions-framework test: builds a function with its tests, and runs them in processes of their own.
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Returns the exit code: kExitTestFailed if a test failed or none ran.
int test_function(const TestCommand& command, const Environment& process);
// In such a process: loads the program and runs its tests. Returns their exit code.
int run_tests(const RunTestsCommand& command);

}  // namespace ofn::cli
