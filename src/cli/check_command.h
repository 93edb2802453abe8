// functions-framework check: finds mistakes in the files of a function, and corrects some.
#pragma once

#include <ofn/abi.h>

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Prints the findings. Returns kExitFindings if there are errors among them.
int check_project(const CheckCommand& command, const Environment& env, const abi::Program* linked);

}  // namespace ofn::cli
