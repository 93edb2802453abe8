// functions-framework [flags]: the steps from flags and environment to a running server, each with
// its exit code.
#pragma once

#include <ofn/abi.h>

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// context → settings → function → sidecar → (a dry run ends here) → port → serving.
// With --debug, a source on a developer's machine is served as by `functions-framework dev`.
// Returns the exit code of the first step that fails, or of the server.
int serve(const ServeCommand& command, const Environment& env, const abi::Program* linked);

}  // namespace ofn::cli
