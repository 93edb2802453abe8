// Loads the functions to serve and their routes: from --source, or from the program into which this
// code is linked.
#pragma once

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

// Returns the functions to serve: the target, or, if there is none, every function that the program
// registers. `http_pattern`: the context's, for a single function without a route of its own. `shown`: LoadRequest::shown. Adds
// the program's plugins to `plugins`. The program writes its lines of <ofn/log.h> to `log_host`; null: to stderr. Sets `build` to
// the work that was done. Errors: message() is for the user; exit with kExitLoad.
Result<Routes> load_functions(const Settings& settings, std::string_view http_pattern,
                              const std::string& shown, const Environment& env,
                              const abi::Program* linked, std::vector<PluginType>& plugins,
                              Build& build, Log& log, const abi::LogHost* log_host);
// Adds the plugins of --plugin. Errors: the same.
Result<void> load_plugin_files(const Settings& settings, std::vector<PluginType>& plugins,
                               const abi::LogHost* log_host);

}  // namespace ofn::cli
