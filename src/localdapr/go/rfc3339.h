// Moments as Go's RFC 3339 format writes them in UTC: "2026-01-31T23:59:59Z".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ofn::localdapr {

// More than that does not fit a moment; daprd's stores would overflow.
inline constexpr std::int64_t kLongestTimeToLive = std::int64_t{100} * 366 * 24 * 3600;

std::string rfc3339(SystemTime moment);
// "…Z" or "…+01:00", with or without a fraction, which is not read. nullopt if it is not a moment.
std::optional<SystemTime> parse_rfc3339(std::string_view text);

}  // namespace ofn::localdapr
