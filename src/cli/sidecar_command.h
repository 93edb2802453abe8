// functions-framework sidecar: runs only the local sidecar.
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Serves until SIGTERM, SIGINT or SIGHUP; returns the exit code.
int run_sidecar(const SidecarCommand& command, const Environment& env);

}  // namespace ofn::cli
