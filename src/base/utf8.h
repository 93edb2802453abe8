// Checks and shortens text: UTF-8 as Unicode defines it has no overlong forms, no surrogates, and nothing above
// U+10FFFF.
//
//   if (!is_utf8(value)) return fail(Code::kInvalidArgument, "the value is not UTF-8");
//   say(clipped(value, 256));
#pragma once

#include <cstddef>
#include <string_view>

namespace ofn {

// Spec: the Unicode Standard, table 3-7 (well-formed byte sequences). Cost: reads 32 bytes of
// ASCII at a time; allocates nothing.
bool is_utf8(std::string_view text) noexcept;

// Returns the text's first bytes, at most that many. No character of a valid text is cut in two.
inline std::string_view clipped(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

}  // namespace ofn
