// Comparing secrets.
//
//   if (!same_secret(given, settings.app_api_token)) refuse();
#pragma once

#include <string_view>

namespace ofn {

// Returns true if they are equal. The time that it takes depends on the length of `given` only.
bool same_secret(std::string_view given, std::string_view secret) noexcept;

}  // namespace ofn
