// Which functions are served, and where: from --source, or from the program that this code is linked into.
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

// Makes the request to the loader from flags, environment and the place of this executable.
LoadRequest load_request(const std::string& source, std::optional<std::string> target,
                         const std::string& cxxflags, const Environment& env);

// Returns the functions to serve: the target, or without one every function that the program registers.
// `http_pattern`: the context's, for a single function without a route of its own. Adds the program's
// plugins to `plugins`, and sets `build` to how it was made.
// Errors: message() is for the user as it is, to be followed by kExitLoad.
Result<Routes> load_functions(const Settings& settings, std::string_view http_pattern,
                              const Environment& env, const abi::Program* linked,
                              std::vector<PluginType>& plugins, Build& build, Log& log);
// Adds the plugins of --plugin. Errors: likewise.
Result<void> load_plugin_files(const Settings& settings, std::vector<PluginType>& plugins);

}  // namespace ofn::cli
