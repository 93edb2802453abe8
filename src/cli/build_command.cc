#include "cli/build_command.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

#include "cli/env_files.h"
#include "cli/load_function.h"
#include "cli/loading.h"
#include "cli/streams.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "logging/logger.h"
#include "os/watched_process.h"

namespace ofn::cli {

int build(const BuildCommand& command, const Environment& process) {
  const EnvFiles files = read_env_files(command.flags, process);
  if (!files.problems.empty()) return complain(files.problems, kExitUsage);
  // The compiler may read them.
  set_in_process(files.variables);
  const Environment env = with_variables(process, files.variables);
  std::vector<Note> notes;
  const auto settings = resolve_settings(command.flags, env, FunctionContext(), notes);
  if (!settings) return complain(settings.error(), kExitUsage);
  Logger log({.format = LogFormat::kReadable}, Level::kWarning, STDERR_FILENO);
  log_notes(files.notes, log);
  const os::WatchedProcess watched({.shape = {.format = LogFormat::kReadable},
                                    .fd = STDERR_FILENO,
                                    .exited = kExitLoad,
                                    .came_back = kExitForkedChild,
                                    .not_loaded = kExitLoad,
                                    .flush = flush_output});
  const auto target =
      settings->target.origin.is_default() ? std::nullopt : std::optional(settings->target.value);
  const auto program = load_stoppable(
      load_request(settings->source.value, target, settings->cxxflags, env),
      [&](const LoadRequest& request) { return build_shared(request, command.output, log); });
  if (!program) return complain(program.error().message(), kExitLoad);
  std::string functions;
  for (const Function& function : program->functions) {
    functions += (functions.empty() ? "" : ", ") + function.name + " (" +
                 std::string(signature_name(function.signature)) + ")";
  }
  for (const PluginType& plugin : program->plugins) {
    functions += (functions.empty() ? "" : ", ") + plugin.name + " (plugin)";
  }
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.2f s",
                std::chrono::duration<double>(program->build.elapsed).count());
  return print(command.output + ": " + functions + ", " + seconds + "\n");
}

}  // namespace ofn::cli
