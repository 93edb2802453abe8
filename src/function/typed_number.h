// Numbers of JSON as typed functions take them: by value, not by spelling.
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
  bool is_negative = false;  // never of zero
  std::uint64_t magnitude = 0;
  // In two's complement.
  std::uint64_t bits() const noexcept { return is_negative ? 0 - magnitude : magnitude; }
  friend bool operator==(const WholeNumber&, const WholeNumber&) = default;
};

// The value of a JSON number, exactly; nullopt: it is not whole, or its magnitude is beyond 64 bits.
// Cost: no more than the text is long, whatever its exponent.
std::optional<WholeNumber> parse_whole_number(std::string_view text) noexcept;

// Does a type of reals hold no more than a float? (Such a type says so by its largest value only.)
inline bool is_float(const abi::Type& type) noexcept {
  return type.largest <= static_cast<double>(std::numeric_limits<float>::max());
}

}  // namespace ofn
