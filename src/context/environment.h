// The environment as a value: rooms never call getenv, and tests pass a map.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ofn {

// Returns nullopt for a variable that is not set. All code of this room treats an empty variable as
// one that is not set, because a manifest cannot unset a variable that an image sets.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

using EnvironmentMap = std::map<std::string, std::string, std::less<>>;

inline Environment environment_of(EnvironmentMap variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// Returns the value if it is set and not empty.
inline std::optional<std::string> non_empty(const Environment& env, std::string_view name) {
  std::optional<std::string> value = env ? env(name) : std::nullopt;
  if (value && value->empty()) value.reset();
  return value;
}

// Returns the same environment without one variable. `env` outlives the result.
inline Environment without(const Environment& env, std::string hidden) {
  return [&env, hidden = std::move(hidden)](std::string_view name) {
    return name == hidden ? std::nullopt : env(name);
  };
}

}  // namespace ofn
