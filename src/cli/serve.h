// functions-framework [flags]: the steps from flags and environment to a running server, each with
// its exit code.
#pragma once

#include <ofn/abi.h>

#include "context/environment.h"
#include "context/flag_table.h"

namespace ofn::cli {

// context → settings → function → sidecar → (a dry run ends here) → port → serving.
// Returns the exit code of the first step that fails, or of the server.
int serve(const Flags& flags, const Environment& env, const abi::Program* linked);

}  // namespace ofn::cli
