// Everything that a start decides before it loads the function: from the flags, the environment and
// the files that they name to the context, the settings and the subscriptions.
//
//   auto configuration = resolve_configuration(flags, env);
//   if (!configuration) return complain(configuration.error());   // the exit code
//   serve(configuration->settings, configuration->context);
//
// It changes nothing in the process. So a program may resolve again whenever one of the files has
// changed, as long as it does not set the files' variables in its own process.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "context/env_file.h"
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
  Subscriptions subscriptions;          // empty unless the runtime is Async
  std::vector<Note> notes;              // for the log, in their order
  std::vector<std::string> files;       // that were read, as the user names them
  std::vector<FileVariable> variables;  // of --env-file, for set_in_process()
  Environment env;                      // with these variables
};

// The mistakes of the first step that found any.
struct ConfigurationError {
  std::vector<std::string> messages;  // for the user, each one line; never empty
  Exit code = kExitUsage;
  std::vector<std::string> files;  // that were read or are missing; another one may help
};

// The context that a start reads: of the file of --context or its variable, or of FUNC_CONTEXT and FUNC_CONTEXT_V1BETA2. Adds the name of a file that it
// reads to `files`. Errors: all mistakes.
std::expected<FunctionContext, std::vector<Problem>> read_context(const Flags& flags,
                                                                  const Environment& env,
                                                                  std::vector<Note>& notes,
                                                                  std::vector<std::string>& files);

// Errors: kExitUsage for --env-file, kExitContext for the context, kExitUsage for all other flags
// and variables, in this order.
// Threads: any, if no other thread changes the environment that `env` reads.
[[nodiscard]] std::expected<Configuration, ConfigurationError> resolve_configuration(
    const Flags& flags, const Environment& env);

}  // namespace ofn::cli
