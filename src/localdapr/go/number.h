// Reads numbers in the properties of components.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace ofn::localdapr {

// Reads all of `text` as one number in base 10.
template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace ofn::localdapr
