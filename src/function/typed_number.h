// JSON numbers as typed functions take them: by value, not by spelling.
//
//   parse_whole_number("1e2")   → 100        parse_whole_number("-0.0") → 0
//   parse_whole_number("1e-1")  → nullopt    parse_whole_number("1e20") → nullopt
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
  // The number in two's complement.
  std::uint64_t bits() const noexcept { return is_negative ? 0 - magnitude : magnitude; }
  friend bool operator==(const WholeNumber&, const WholeNumber&) = default;
};

// The exact value of a JSON number. Returns nullopt if the number is not whole or its magnitude needs more than 64 bits.
// Cost: linear in the length of the text, whatever the exponent.
std::optional<WholeNumber> parse_whole_number(std::string_view text) noexcept;

// Returns true if a floating-point type holds no larger values than float. Only the type's largest value tells this.
inline bool is_float(const abi::Type& type) noexcept {
  return type.largest <= static_cast<double>(std::numeric_limits<float>::max());
}

}  // namespace ofn
