#include "document/problem.h"

#include "base/utf8.h"

namespace ofn {

std::string Problem::text() const {
  std::string text = source;
  if (!path.empty()) text += ' ' + path;
  return text + ": expected " + expected + ", found " + found;
}

std::string quoted(std::string_view text, std::size_t limit) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const bool cut = text.size() > limit;
  text = clipped(text, limit);
  std::string result = "\"";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7F) {
      result += "\\x";
      result += kHex[byte >> 4U];
      result += kHex[byte & 0xFU];
    } else {
      if (character == '"' || character == '\\') result += '\\';
      result += character;
    }
  }
  result += '"';
  if (cut) result += "…";
  return result;
}

}  // namespace ofn
