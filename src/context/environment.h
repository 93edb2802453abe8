// The environment as a value: rooms never call getenv, and tests pass a map.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ofn {

// Looks variables up, and knows how a message names them. A value. Returns nullopt for a variable
// that is not set. All code of this room treats an empty variable as one that is not set, because a
// manifest cannot unset a variable that an image sets.
class Environment {
 public:
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
  using Label = std::function<std::string(std::string_view name)>;

  Environment() = default;  // no variable is set
  // Implicit, so that a lambda or a function of the process is an environment.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Environment> &&
             std::constructible_from<Lookup, F>)
  Environment(F&& lookup) : lookup_(std::forward<F>(lookup)) {}
  Environment(Lookup lookup, Label label) : lookup_(std::move(lookup)), label_(std::move(label)) {}

  std::optional<std::string> operator()(std::string_view name) const {
    return lookup_ ? lookup_(name) : std::nullopt;
  }
  // Returns the variable's name for a message: "PORT", or "dev.env:3 (PORT)" if a file sets it.
  std::string label(std::string_view name) const {
    return label_ ? label_(name) : std::string(name);
  }

 private:
  Lookup lookup_;
  Label label_;  // empty: variables are named by their names
};

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
  std::optional<std::string> value = env(name);
  if (value && value->empty()) value.reset();
  return value;
}

// Returns the same environment without one variable.
inline Environment without(const Environment& env, std::string hidden) {
  return {[env, hidden = std::move(hidden)](std::string_view name) {
            return name == hidden ? std::nullopt : env(name);
          },
          [env](std::string_view name) { return env.label(name); }};
}

}  // namespace ofn
