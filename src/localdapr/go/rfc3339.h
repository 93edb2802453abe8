// Writes and reads times as Go's RFC 3339 format has them in UTC: "2026-01-31T23:59:59Z".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ofn::localdapr {

// A longer time does not fit a time point; daprd's stores would overflow.
inline constexpr std::int64_t kLongestTimeToLive = std::int64_t{100} * 366 * 24 * 3600;

std::string rfc3339(SystemTime moment);
// Reads "…Z" or "…+01:00"; ignores a fraction of a second. Returns nullopt for an invalid time.
std::optional<SystemTime> parse_rfc3339(std::string_view text);

}  // namespace ofn::localdapr
