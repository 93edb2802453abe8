// functions-framework manifest: writes the function's manifests for a cluster or Docker Compose, and
// checks manifests.
#pragma once

#include <ofn/abi.h>

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Prints the manifest. `linked`: the program of ofn::run(); null: functions are loaded from
// --source, if it is given or is in the working folder. Returns the exit code.
int write_manifest(const ManifestCommand& command, const Environment& env,
                   const abi::Program* linked);

// Prints what is wrong in the files, a line for each finding. Returns kExitFailure if anything is.
int check_manifests(const ManifestCheckCommand& command);

}  // namespace ofn::cli
