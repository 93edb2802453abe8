// A text without the blanks around it.
//
//   trimmed(" a b\t");   // "a b"
#pragma once

#include <string_view>

namespace ofn {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// Removes spaces and tabs: the optional white space of HTTP's fields (RFC 9110 §5.6.3).
constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace ofn
