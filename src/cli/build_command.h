// functions-framework build: a source into the .so that an image ships.
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Returns the exit code; prints where the file is, which functions it has and how long it took.
int build(const BuildCommand& command, const Environment& env);

}  // namespace ofn::cli
