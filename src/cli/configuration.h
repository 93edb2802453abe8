// Everything that a start decides before it loads the function: from the flags and the environment
// to the context, the settings and the subscriptions.
//
//   auto configuration = resolve_configuration(flags, env);
//   if (!configuration) return complain(configuration.error());   // the exit code
//   serve(configuration->settings, configuration->context);
//
// It changes nothing in the process, so a program may resolve again as often as it likes.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "context/environment.h"
#include "context/flag_table.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "document/problem.h"
#include "serving/async/subscriptions.h"

namespace ofn::cli {

// Move it, but do not copy it: the subscriptions point to the context's triggers.
struct Configuration {
  FunctionContext context;
  Settings settings;
  Subscriptions subscriptions;  // empty unless the runtime is Async
  std::vector<Note> notes;      // for the log, in their order
};

// The mistakes of the first step that found any.
struct ConfigurationError {
  std::vector<std::string> messages;  // for the user, each one line; never empty
  Exit code = kExitUsage;
};

// Errors: kExitContext for the context, then kExitUsage for flags and variables.
// Threads: any, if no other thread changes the environment that `env` reads.
[[nodiscard]] std::expected<Configuration, ConfigurationError> resolve_configuration(
    const Flags& flags, const Environment& env);

}  // namespace ofn::cli
