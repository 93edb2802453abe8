// functions-framework dev: the developer's loop (dev/), put together.
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Serves until SIGTERM, SIGINT or SIGHUP; returns the exit code. A function that does not compile does not end it.
int dev(const DevCommand& command, const Environment& env);

}  // namespace ofn::cli
