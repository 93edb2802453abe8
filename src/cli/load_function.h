// Loads the functions to serve and their routes: from --source, or from the program into which this
// code is linked.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

#include "base/log.h"
#include "context/environment.h"
#include "context/settings.h"
#include "function/routes.h"
#include "loader/loader.h"

namespace ofn::cli {

// Makes the loader's request from flags, environment and the path of this executable.
LoadRequest load_request(const std::string& source, std::optional<std::string> target,
                         const std::string& cxxflags, const Environment& env);

// The programs that the process has loaded: the function's, and those of --plugin.
struct Programs {
  // What each of them is lent; null: nothing, because their code does not run.
  const abi::Host* host = nullptr;
  std::vector<abi::Program> all = {};
  std::vector<PluginType> plugins = {};

  void add(const abi::Program& program) {
    if (host != nullptr) program.host->store(host, std::memory_order_release);
    all.push_back(program);
  }
};

// Returns the functions to serve: the target, or, if there is none, every function that the program
// registers. `http_pattern`: the context's, for a single function without a route of its own. `shown`: LoadRequest::shown. Adds
// the program to `programs`. Sets `build` to the work that was done. Errors: message() is for the user; exit with kExitLoad.
Result<Routes> load_functions(const Settings& settings, std::string_view http_pattern,
                              const std::string& shown, const Environment& env,
                              const abi::Program* linked, Programs& programs, Build& build,
                              Log& log);
// Adds the programs of --plugin. Errors: the same.
Result<void> load_plugin_files(const Settings& settings, Programs& programs);

}  // namespace ofn::cli
