#include "localdapr/go/go_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/base64.h"
#include "base/utf8.h"

namespace ofn::localdapr {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Returns the number of bytes of the first character of `text`; 0 if they are not UTF-8.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

void append_utf8(std::string& out, std::uint32_t rune) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune < 0x800) {
    put(0xc0 | (rune >> 6));
    put(0x80 | (rune & 0x3f));
  } else if (rune < 0x10000) {
    put(0xe0 | (rune >> 12));
    put(0x80 | ((rune >> 6) & 0x3f));
    put(0x80 | (rune & 0x3f));
  } else {
    put(0xf0 | (rune >> 18));
    put(0x80 | ((rune >> 12) & 0x3f));
    put(0x80 | ((rune >> 6) & 0x3f));
    put(0x80 | (rune & 0x3f));
  }
}

// `text` begins after the backslash. Appends the meaning of the escape and returns its length;
// returns 0 if it is not an escape.
std::size_t unescape(std::string_view text, char quote, std::string& out) {
  const auto number = [text](std::size_t from, std::size_t digits,
                             int base) -> std::optional<std::uint32_t> {
    if (text.size() < from + digits) return std::nullopt;
    std::uint32_t value = 0;
    const char* end = text.data() + from + digits;
    const auto [stop, error] = std::from_chars(text.data() + from, end, value, base);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
  };
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\";
  if (text.empty()) return 0;
  const char kind = text.front();
  if (const std::size_t at = kNames.find(kind); at != std::string_view::npos) {
    out.push_back(kValues[at]);
    return 1;
  }
  if (kind == quote) {
    out.push_back(quote);
    return 1;
  }
  if (kind == 'x') {
    const auto byte = number(1, 2, 16);
    if (!byte) return 0;
    out.push_back(static_cast<char>(*byte));
    return 3;
  }
  if (kind >= '0' && kind <= '7') {
    const auto byte = number(0, 3, 8);
    if (!byte || *byte > 0xff) return 0;
    out.push_back(static_cast<char>(*byte));
    return 3;
  }
  if (kind == 'u' || kind == 'U') {
    const std::size_t digits = kind == 'u' ? 4 : 8;
    const auto rune = number(1, digits, 16);
    if (!rune || *rune > 0x10ffff || (*rune >= 0xd800 && *rune < 0xe000)) return 0;
    append_utf8(out, *rune);
    return 1 + digits;
  }
  return 0;
}

std::optional<std::string> unquote_raw(std::string_view text) {
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (text.back() != '`' || inside.find('`') != std::string_view::npos) return std::nullopt;
  std::string out(inside);
  std::erase(out, '\r');
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.~").contains(c);
}

// Returns true if the character may be part of a URL's path. Spec: net/url, validEncoded.
bool is_path_character(char c) {
  return is_unreserved(c) || std::string_view("!$&'()*+,;=:@[]/").contains(c);
}
// Returns true if a URL's path may contain the character, but Go writes it encoded. Spec: net/url,
// shouldEscape.
bool is_escaped_anyway(char c) { return std::string_view("!'()*[]").contains(c); }

void append_percent(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out.append({'%', kHex[byte >> 4U], kHex[byte & 0xfU]});
}

}  // namespace

std::optional<std::string> go_unquote(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const char quote = text.front();
  if (quote == '`') return unquote_raw(text);
  if ((quote != '"' && quote != '\'') || text.back() != quote) return std::nullopt;
  std::string out;
  std::size_t at = 1;
  std::size_t characters = 0;
  while (at < text.size() && text[at] != quote) {
    if (text[at] == '\n') return std::nullopt;
    if (text[at] == '\\') {
      const std::size_t size = unescape(text.substr(at + 1), quote, out);
      if (size == 0) return std::nullopt;
      at += 1 + size;
    } else if (const std::size_t size = character_size(text.substr(at)); size > 0) {
      out.append(text.substr(at, size));
      at += size;
    } else {
      out.append(kReplacement);
      ++at;
    }
    ++characters;
  }
  if (at + 1 != text.size() || (quote == '\'' && characters > 1)) return std::nullopt;
  return out;
}

std::optional<std::string> go_base64(std::string_view text) {
  std::string joined(text);
  std::erase_if(joined, [](char c) { return c == '\r' || c == '\n'; });
  // The unused bits before the padding may have any value here; clear them for the strict decoder.
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t padding = joined.ends_with("==") ? 2 : joined.ends_with('=') ? 1 : 0;
  if (padding > 0 && joined.size() > padding) {
    char& last = joined[joined.size() - padding - 1];
    if (const std::size_t value = kAlphabet.find(last); value != std::string_view::npos) {
      last = kAlphabet[value & (padding == 2 ? 0x30U : 0x3cU)];
    }
  }
  return base64_decode(joined);
}

void append_go_json(std::string& json, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kEscaped = "\b\f\n\r\t\"\\";
  constexpr std::string_view kNames = "bfnrt\"\\";
  json.push_back('"');
  while (!text.empty()) {
    const char c = text.front();
    std::size_t size = 1;
    if (const std::size_t at = kEscaped.find(c); at != std::string_view::npos) {
      json.append({'\\', kNames[at]});
    } else if (const auto byte = static_cast<unsigned char>(c);
               byte < 0x20 || c == '&' || c == '<' || c == '>') {
      json.append("\\u00").append({kHex[byte >> 4], kHex[byte & 0xf]});
    } else if (size = character_size(text); size == 0) {
      json.append("\\ufffd");
      size = 1;
    } else if (const std::string_view character = text.substr(0, size);
               character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9") {
      json.append(character.back() == '\xa8' ? "\\u2028" : "\\u2029");
    } else {
      json.append(character);
    }
    text.remove_prefix(size);
  }
  json.push_back('"');
}

std::optional<std::string> go_request_target(std::string_view path) {
  path = path.substr(0, path.find('#'));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(path, is_control)) return std::nullopt;
  const std::size_t question = std::min(path.find('?'), path.size());
  const std::string_view query = path.substr(question);
  path = path.substr(0, question);

  std::string decoded;
  bool stays = true;  // true if the path is already encoded
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      stays = stays && is_path_character(path[i]);
      decoded.push_back(path[i]);
      continue;
    }
    unsigned byte = 0;
    if (path.size() - i < 3) return std::nullopt;
    const char* digits = path.data() + i + 1;
    const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  std::string target = path.starts_with('/') ? "" : "/";
  if (stays) {
    target.append(path);
  } else {
    // Here Go leaves fewer characters unescaped than it accepts above.
    for (const char c : decoded) {
      if (is_path_character(c) && !is_escaped_anyway(c)) {
        target.push_back(c);
      } else {
        append_percent(target, c);
      }
    }
  }
  // A blank in the query would end the request line.
  for (const char c : query) {
    if (c == ' ') {
      append_percent(target, c);
    } else {
      target.push_back(c);
    }
  }
  return target;
}

std::optional<bool> go_bool(std::string_view text) {
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

bool is_truthy(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return false;
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (std::string_view yes : {"y", "yes", "true", "t", "on", "1"}) {
    if (lower == yes) return true;
  }
  return false;
}

std::optional<std::chrono::nanoseconds> go_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 7> kUnits = {{
      {"ns", 1e0},
      {"us", 1e3},
      {"µs", 1e3},
      {"ms", 1e6},
      {"s", 1e9},
      {"m", 60e9},
      {"h", 3600e9},
  }};
  constexpr double kMax = 100.0 * 365 * 24 * 3600 * 1e9;
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const bool plain = text.find_first_not_of("0123456789") == std::string_view::npos;
  double total = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double value = 0;
    const std::string_view number = text.substr(0, digits);
    const auto [stop, error] =
        std::from_chars(number.begin(), number.end(), value, std::chars_format::fixed);
    if (error != std::errc() || stop != number.end()) return std::nullopt;
    text.remove_prefix(digits);
    if (plain) {
      total = value * 1e9;
      break;
    }
    const std::size_t letters = std::min(text.find_first_of("0123456789."), text.size());
    double unit = 0;
    for (const auto& [name, nanoseconds] : kUnits) {
      if (text.substr(0, letters) == name) unit = nanoseconds;
    }
    if (unit == 0) return std::nullopt;
    total += value * unit;
    text.remove_prefix(letters);
  }
  if (total > kMax) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(total));
}

std::optional<std::int64_t> byte_size(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> kUnits = {{
      {"", 1},
      {"k", 1'000},
      {"M", 1'000'000},
      {"G", 1'000'000'000},
      {"Ki", std::int64_t{1} << 10},
      {"Mi", std::int64_t{1} << 20},
      {"Gi", std::int64_t{1} << 30},
  }};
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(stop - text.data()));
  for (const auto& [name, factor] : kUnits) {
    if (suffix != name) continue;
    if (value > (std::int64_t{1} << 62) / factor || value < -(std::int64_t{1} << 62) / factor) {
      return std::nullopt;
    }
    return value * factor;
  }
  return std::nullopt;
}

}  // namespace ofn::localdapr
