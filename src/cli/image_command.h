// functions-framework image: compiles a function, and writes an image with it and everything that it needs.
#pragma once

#include <ofn/abi.h>

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Prints the image's digest and its content. `linked`: as for run_program(); such a program is in the image with its functions.
// Returns the exit code.
int make_image(const ImageCommand& command, const Environment& env, const abi::Program* linked);

}  // namespace ofn::cli
