// Comparing secrets.
//
//   if (!same_secret(given, settings.app_api_token)) refuse();
#pragma once

#include <string_view>

namespace ofn {

// Are they the same? The time it takes tells how long `given` is, and nothing of `secret`.
bool same_secret(std::string_view given, std::string_view secret) noexcept;

}  // namespace ofn
