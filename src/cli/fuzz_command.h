// functions-framework test --fuzz and test --against: tries cases on a function, and shows what is not as expected.
#pragma once

#include "cli/test_flags.h"
#include "context/environment.h"

namespace ofn::cli {

// Returns the exit code: kExitTestFailed if an answer was not as expected, or if there was no case.
int try_cases(const FuzzCommand& command, const Environment& process);

}  // namespace ofn::cli
