// functions-framework build: makes a source into the .so that an image contains.
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Prints the file's path, its functions and the time that it took. Returns the exit code.
int build(const BuildCommand& command, const Environment& env);

}  // namespace ofn::cli
