// Compiles a function into a .so and runs none of it: what the commands `build` and `image` have in common.
//
//   FunctionBuild build(command.flags, process);
//   if (build.problem()) return *build.problem();
//   const auto program = build.into("hello.so", {});
//   if (!program) return program.error();
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "context/environment.h"
#include "context/settings.h"
#include "document/node.h"
#include "loader/loader.h"
#include "logging/logger.h"
#include "os/watched_process.h"

namespace ofn::cli {

// Lifetime: one for a process. Errors: each is complained about, and returned as the process's exit code.
class FunctionBuild {
 public:
  // Reads the files of --env-file and the flags. Sets the files' variables in the process, because the compiler may read them.
  FunctionBuild(const Flags& flags, const Environment& process);

  // If it is set, the flags or the variables are wrong, and nothing else may be called.
  const std::optional<Exit>& problem() const { return problem_; }
  const Settings& settings() const { return settings_; }
  const Environment& environment() const { return env_; }
  LoadRequest request() const;
  // Writes the program of --source there. `recorded_folder`: as in LoadRequest.
  std::expected<LoadedProgram, Exit> into(const std::string& output,
                                          const std::string& recorded_folder);

 private:
  std::optional<Exit> problem_;
  Environment env_;
  Settings settings_;
  std::optional<Logger> log_;  // warnings, to stderr
  std::optional<os::WatchedProcess> watched_;
};

// "hello (http), seconds (plugin), 0.61 s"
std::string summary_of(const LoadedProgram& program);
// The same for JSON: a list of objects with name and signature, and one of names.
document::Node functions_of(const LoadedProgram& program);
document::Node plugins_of(const LoadedProgram& program);

}  // namespace ofn::cli
