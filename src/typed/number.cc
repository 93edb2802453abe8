#include "typed/number.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace ofn {
namespace {

constexpr std::size_t kMostDigits = 20;  // of a 64-bit number
// No text is so long that its digits could make up for a larger exponent.
constexpr std::int64_t kLargestExponent = std::int64_t{1} << 40;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Returns the exponent after 'e', limited to ±kLargestExponent.
std::int64_t exponent_of(std::string_view text) noexcept {
  const bool is_negative = text.starts_with('-');
  std::int64_t exponent = 0;
  for (const char c : text) {
    if (is_digit(c)) exponent = std::min(exponent * 10 + (c - '0'), kLargestExponent);
  }
  return is_negative ? -exponent : exponent;
}

// The digits of a number without its decimal point. `text` has no sign and no exponent.
class Digits {
 public:
  explicit Digits(std::string_view text) noexcept
      : whole_(text.substr(0, text.find('.'))),
        fraction_(whole_.size() < text.size() ? text.substr(whole_.size() + 1)
                                              : std::string_view()) {}
  std::size_t size() const noexcept { return whole_.size() + fraction_.size(); }
  std::size_t behind_the_point() const noexcept { return fraction_.size(); }
  char operator[](std::size_t i) const noexcept {
    return i < whole_.size() ? whole_[i] : fraction_[i - whole_.size()];
  }

 private:
  std::string_view whole_;
  std::string_view fraction_;
};

// Returns true for a number that is 1 or more, without its sign.
bool is_large(std::string_view text) noexcept {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  std::int64_t exponent = 0;
  if (e < text.size()) {
    std::string_view digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
    if (error != std::errc()) return !digits.starts_with('-');
  }
  const std::size_t first = text.find_first_of("123456789");
  const std::size_t point = std::min(text.find('.'), e);
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + exponent > 0;
}

template <class T>
std::optional<T> nearest(std::string_view text) noexcept {
  T value = 0;
  const auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
  if (error == std::errc()) return value;
  // from_chars refuses also what is too small.
  if (is_large(text)) return std::nullopt;
  return text.starts_with('-') ? -T(0) : T(0);
}

}  // namespace

std::optional<WholeNumber> parse_whole_number(std::string_view text) noexcept {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const Digits digits(text.substr(0, e));
  std::size_t first = 0;
  while (first < digits.size() && digits[first] == '0') ++first;
  std::size_t last = digits.size();
  while (last > first && digits[last - 1] == '0') --last;
  if (first == last) return WholeNumber{};

  // The number consists of the digits from `first` to `last`, followed by this many zeros.
  const std::int64_t zeros = (e < text.size() ? exponent_of(text.substr(e + 1)) : 0) +
                             static_cast<std::int64_t>(digits.size() - last) -
                             static_cast<std::int64_t>(digits.behind_the_point());
  const std::size_t count = last - first;
  if (zeros < 0 || count > kMostDigits || zeros > static_cast<std::int64_t>(kMostDigits - count))
    return std::nullopt;
  WholeNumber number{.is_negative = is_negative};
  for (std::size_t i = 0; i < count + static_cast<std::size_t>(zeros); ++i) {
    const auto digit = static_cast<std::uint64_t>(i < count ? digits[first + i] - '0' : 0);
    if (__builtin_mul_overflow(number.magnitude, std::uint64_t{10}, &number.magnitude) ||
        __builtin_add_overflow(number.magnitude, digit, &number.magnitude)) {
      return std::nullopt;
    }
  }
  return number;
}

std::optional<double> nearest_double(std::string_view text) noexcept {
  return nearest<double>(text);
}

std::optional<float> nearest_float(std::string_view text) noexcept { return nearest<float>(text); }

}  // namespace ofn
