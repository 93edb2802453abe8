// The value of a field of the log (<ofn/log.h>) or of an attribute of a span (<ofn/span.h>).
//
//   const ofn::LogField fields[] = {{"order", "o-17"}, {"cents", 1299}, {"share", 0.5}, {"paid", true}};
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace ofn {

// A text (any bytes), a number or a bool. Lifetime: a text is borrowed until the function that gets the value has returned.
class Value {
 public:
  enum class Kind : std::uint8_t { kText, kInteger, kUnsigned, kReal, kBool };

  // NOLINTBEGIN(google-explicit-constructor): a value is written where one is wanted.
  constexpr Value(std::string_view text = {}) noexcept : text_(text) {}
  constexpr Value(const char* text) noexcept
      : text_(text == nullptr ? std::string_view() : std::string_view(text)) {}
  constexpr Value(const std::string& text) noexcept : text_(text) {}
  template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
             !std::same_as<T, char16_t> && !std::same_as<T, char32_t>)
  constexpr Value(T value) noexcept
      : integer_(static_cast<std::int64_t>(value)),
        kind_(std::same_as<T, bool>   ? Kind::kBool
              : std::is_unsigned_v<T> ? Kind::kUnsigned
                                      : Kind::kInteger) {}
  template <std::floating_point T>
  constexpr Value(T value) noexcept : real_(static_cast<double>(value)), kind_(Kind::kReal) {}
  // NOLINTEND(google-explicit-constructor)

  constexpr Kind kind() const noexcept { return kind_; }
  constexpr bool is_text() const noexcept { return kind_ == Kind::kText; }
  // Each for its kind only.
  constexpr std::string_view text() const noexcept { return text_; }
  constexpr std::int64_t integer() const noexcept { return integer_; }
  constexpr std::uint64_t natural() const noexcept { return static_cast<std::uint64_t>(integer_); }
  constexpr double real() const noexcept { return real_; }
  constexpr bool flag() const noexcept { return integer_ != 0; }

 private:
  union {
    std::string_view text_;
    std::int64_t integer_;
    double real_;
  };
  Kind kind_ = Kind::kText;
};

}  // namespace ofn
