// Reads JSON numbers for typed functions, by value and not by spelling.
//
//   parse_whole_number("1e2");    // 100
//   parse_whole_number("-0.0");   // 0
//   parse_whole_number("1e-1");   // nullopt
//   parse_whole_number("1e20");   // nullopt
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <ofn/abi.h>

namespace ofn {

struct WholeNumber {
  bool is_negative = false;  // always false for zero
  std::uint64_t magnitude = 0;
  // Returns the number in two's complement.
  std::uint64_t bits() const noexcept { return is_negative ? 0 - magnitude : magnitude; }
  friend bool operator==(const WholeNumber&, const WholeNumber&) = default;
};

// Returns the exact value of a JSON number, or nullopt if it is not whole or its magnitude needs
// more than 64 bits.
// Cost: linear in the length of the text, however large the exponent is.
std::optional<WholeNumber> parse_whole_number(std::string_view text) noexcept;

// Return the value that is nearest to a JSON number, rounded once; nullopt if it is too large for the type. A number that is too small is
// zero, with its sign.
std::optional<double> nearest_double(std::string_view text) noexcept;
std::optional<float> nearest_float(std::string_view text) noexcept;

// Returns true if a floating-point type holds no larger values than float. The ABI describes only
// the type's largest value, so that is the criterion.
inline bool is_float(const abi::Type& type) noexcept {
  return type.largest <= static_cast<double>(std::numeric_limits<float>::max());
}

}  // namespace ofn
