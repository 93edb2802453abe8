// Points in time and durations as JSON has them.
//
//   parse_time("2026-11-30T06:37:28.5+01:00");   // 05:37:28.5 UTC
//   time_text({.seconds = 0});                   // "1970-01-01T00:00:00Z"
//   parse_iso_duration("PT1M0.5S");                  // 60.5 s
//   iso_duration_text({.seconds = 90});              // "PT1M30S"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ofn {

// Whole seconds, rounded down, and the rest. Of a point in time: since 1970, UTC.
struct Moment {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;  // less than a second
  friend bool operator==(const Moment&, const Moment&) = default;
};

// RFC 3339 §5.6, an existing day of the years 0000 to 9999. A leap second is the first second after it. Digits behind the ninth of a
// fraction are dropped.
std::optional<Moment> parse_time(std::string_view text) noexcept;
// Returns nullopt for a year outside of 0000 to 9999. A fraction has three, six or nine digits.
std::optional<std::string> time_text(const Moment& time);

// ISO 8601: "P2W", or days, hours, minutes and seconds, of which at least one is there: "P1DT2H3M4.5S". Only seconds have a fraction. A
// minus before the P negates all. Years and months are refused, because they have no fixed length. So is what does not fit.
std::optional<Moment> parse_iso_duration(std::string_view text) noexcept;
// Hours, minutes and seconds; days count as 24 hours.
std::string iso_duration_text(const Moment& duration);

}  // namespace ofn
