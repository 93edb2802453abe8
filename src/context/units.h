// The notations of numbers in flags, variables and contexts. Each function returns nullopt for any
// other text; the caller then reports the flag or variable and what was expected (the kExpected…
// texts).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace ofn {

inline constexpr std::string_view kExpectedDuration = "a duration such as 30, 30s, 500ms, 5m or 1h";
inline constexpr std::string_view kExpectedSize = "a size such as 10485760, 64KiB, 10MiB or 1MB";
inline constexpr std::string_view kExpectedPort = "a number from 1 to 65535";
inline constexpr std::string_view kExpectedSwitch = "true or false";

// Decimal digits only: no sign, no blank, no overflow.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;
// A number with ms, s, m or h; without a unit, seconds. At most 365 days.
std::optional<Duration> parse_duration(std::string_view text) noexcept;
// Bytes. Powers of 1024: K, M, G with "i" or "iB"; powers of 1000: with "B" or nothing. Any case.
// At most 2^62.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
// 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text) noexcept;
// true/1/yes/on and false/0/no/off, any case.
std::optional<bool> parse_switch(std::string_view text) noexcept;
// "a,b": no element may be empty. An empty text is an empty list.
std::optional<std::vector<std::string>> parse_list(std::string_view text);
// ASCII only.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

// Returns the value of a flag or variable in double quotes for a message, followed by its likely
// source: Kubernetes sets variables with common names for each service
// ("PORT=tcp://10.0.0.1:8080").
std::string quoted_setting(std::string_view text);

}  // namespace ofn
