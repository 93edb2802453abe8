// The parts of HTTP's grammar that the HTTP helpers share. Authors include the helpers, not this
// header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ofn/field.h>
#include <ofn/lazy.h>

namespace ofn::internal {

// std::min() is in <algorithm>, which has a fifth of what <ofn/function.h> costs.
constexpr std::uint64_t least(std::uint64_t a, std::uint64_t b) noexcept { return a < b ? a : b; }

constexpr bool is_letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 9110 §5.6.2.
constexpr bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_letter_or_digit(c) &&
        std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// Returns the text without the blanks around it (RFC 9110 §5.6.3).
constexpr std::string_view without_blanks(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Removes and returns the text before the next separator that is not inside of quotes (RFC 9110
// §5.6.4), without the blanks around it. Removes the separator, too.
OFN_INTERNAL_LAZY constexpr std::string_view take_part(std::string_view& text,
                                                       char separator) noexcept {
  bool is_quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (is_quoted || text[at] != separator); ++at) {
    if (text[at] == '"') is_quoted = !is_quoted;
    if (is_quoted && text[at] == '\\') ++at;
  }
  at = least(at, text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(least(at + 1, text.size()));
  return without_blanks(part);
}

// Returns a media type without its parameters: "text/csv" for "text/csv; charset=utf-8".
OFN_INTERNAL_LAZY constexpr std::string_view media_type_alone(std::string_view type) noexcept {
  return without_blanks(type.substr(0, type.find(';')));
}

// Returns true if data of this media type is JSON text: `application/json`, `text/json`, `…+json`, with or without parameters.
OFN_INTERNAL_LAZY constexpr bool is_json_type(std::string_view media_type) noexcept {
  constexpr std::string_view kSuffix = "+json";
  media_type = media_type_alone(media_type);
  const std::size_t slash = media_type.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view subtype = media_type.substr(slash + 1);
  return same_field_name(subtype, "json") ||
         (subtype.size() > kSuffix.size() &&
          same_field_name(subtype.substr(subtype.size() - kSuffix.size()), kSuffix));
}

// Returns the number that a text of digits means, or the largest one if it is too large; -1 if the
// text is empty or has anything but digits.
OFN_INTERNAL_LAZY constexpr long long number_of(std::string_view digits) noexcept {
  constexpr long long kLargest = 0x7fff'ffff'ffff'ffff;
  long long number = digits.empty() ? -1 : 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    number = number > (kLargest - (c - '0')) / 10 ? kLargest : number * 10 + (c - '0');
  }
  return number;
}

}  // namespace ofn::internal
