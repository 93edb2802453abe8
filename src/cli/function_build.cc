#include "cli/function_build.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cli/env_files.h"
#include "cli/load_function.h"
#include "cli/loading.h"
#include "cli/streams.h"
#include "context/function_context.h"

namespace ofn::cli {

FunctionBuild::FunctionBuild(const Flags& flags, const Environment& process) {
  const EnvFiles files = read_env_files(flags, process);
  if (!files.problems.empty()) {
    problem_ = complain(files.problems, kExitUsage);
    return;
  }
  set_in_process(files.variables);
  env_ = with_variables(process, files.variables);
  std::vector<Note> notes;
  auto settings = resolve_settings(flags, env_, FunctionContext(), notes);
  if (!settings) {
    problem_ = complain(settings.error(), kExitUsage);
    return;
  }
  settings_ = *std::move(settings);
  log_.emplace(LogShape{.format = LogFormat::kReadable}, Level::kWarning, STDERR_FILENO);
  log_notes(files.notes, *log_);
  watched_.emplace(watched_command());
}

LoadRequest FunctionBuild::request() const {
  const auto target =
      settings_.target.origin.is_default() ? std::nullopt : std::optional(settings_.target.value);
  return load_request(settings_.source.value, target, settings_.cxxflags, env_);
}

std::expected<LoadedProgram, Exit> FunctionBuild::into(const std::string& output,
                                                       const std::string& recorded_folder) {
  LoadRequest wanted = request();
  wanted.recorded_folder = recorded_folder;
  auto program = load_stoppable(std::move(wanted), [&](const LoadRequest& stoppable) {
    return build_shared(stoppable, output, *log_);
  });
  if (!program) return std::unexpected(complain(program.error().message(), kExitLoad));
  return *std::move(program);
}

std::string summary_of(const LoadedProgram& program) {
  std::string text;
  for (const Function& function : program.functions) {
    text += function.name + " (" + std::string(signature_name(function.signature)) + "), ";
  }
  for (const PluginType& plugin : program.plugins) text += plugin.name + " (plugin), ";
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.2f s",
                std::chrono::duration<double>(program.build.elapsed).count());
  return text + seconds;
}

document::Node functions_of(const LoadedProgram& program) {
  std::vector<document::Node> functions;
  for (const Function& function : program.functions) {
    functions.push_back(document::Node::object(
        {{"name", function.name}, {"signature", signature_name(function.signature)}}));
  }
  return document::Node::list(std::move(functions));
}

document::Node plugins_of(const LoadedProgram& program) {
  std::vector<document::Node> names;
  for (const PluginType& plugin : program.plugins) names.emplace_back(plugin.name);
  return document::Node::list(std::move(names));
}

}  // namespace ofn::cli
