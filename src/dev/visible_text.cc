#include "dev/visible_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <cwchar>

#include "base/utf8.h"

namespace ofn::dev {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// The character at a place of a text. Its size is 1 if it is not UTF-8.
struct Character {
  char32_t point = 0;
  std::size_t size = 1;
  bool is_utf8 = true;
};

Character character_at(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  if (lead < 0x80) return {.point = lead};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() - at < size || !is_utf8(text.substr(at, size))) return {.is_utf8 = false};
  char32_t point = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) point = (point << 6U) | (byte_at(text, at + i) & 0x3FU);
  return {.point = point, .size = size};
}

void append_byte(std::string& out, unsigned byte) {
  out += "\\x";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

void append_point(std::string& out, char32_t point) {
  std::array<char, 8> digits{};
  const char* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), std::uint32_t{point}, 16).ptr;
  out.append("\\u{").append(std::string_view(digits.data(), end)).append("}");
}

std::string percent_encoded(std::string_view text, bool (*stays)(char)) {
  static constexpr std::string_view kUpperHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (stays(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kUpperHex[byte >> 4U];
    out += kUpperHex[byte & 0xFU];
  }
  return out;
}

// Spec: Unicode Standard Annex 9, section 2 (explicit directional formatting characters); the line and paragraph separators stand
// between them.
bool changes_direction(char32_t point) {
  return point == 0x61C || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

// While it lives, the C library knows the characters of UTF-8 on this thread.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = ::uselocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(locale_);
  }

  // A system that has no such locale takes each character for one column wide.
  std::size_t width(char32_t point) const {
    if (locale_ == nullptr) return 1;
    const int width = ::wcwidth(static_cast<wchar_t>(point));
    return width < 0 ? 1 : static_cast<std::size_t>(width);
  }

 private:
  locale_t locale_;
  locale_t before_{};
};

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The number with so many decimals, without zeros behind the last one that counts.
std::string with_decimals(double number, int decimals, std::string_view unit) {
  std::array<char, 32> digits{};
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                  std::chars_format::fixed, decimals)
                        .ptr;
  if (decimals > 0) {
    while (end[-1] == '0') --end;
    if (end[-1] == '.') --end;
  }
  return std::string(std::string_view(digits.data(), end)).append(unit);
}

// Appends at least so many digits.
void append_number(std::string& out, std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  out.append(digits - std::min(digits, text.size()), '0').append(text);
}

}  // namespace

std::string visible(std::string_view text, Lines lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const Character character = character_at(text, i);
    const bool stays = lines == Lines::kSeveral && (text[i] == '\n' || text[i] == '\t');
    if (!character.is_utf8 || (character.point < 0x20 && !stays) || character.point == 0x7F) {
      append_byte(out, byte_at(text, i));
    } else if ((character.point >= 0x80 && character.point < 0xA0) ||
               changes_direction(character.point)) {
      append_point(out, character.point);
    } else {
      out.append(text, i, character.size);
    }
    i += character.size;
  }
  return out;
}

std::string visible_path(std::string_view path) {
  return percent_encoded(path, [](char c) { return c > ' ' && c < '\x7F'; });
}

std::string file_uri(std::string_view host, std::string_view folder, std::string_view file) {
  std::string path(file);
  if (!path.starts_with('/')) path.insert(0, std::string(folder) + '/');
  // RFC 3986, section 2.3, and the slash.
  static constexpr std::string_view kUnreserved =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  return "file://" + std::string(host) + percent_encoded(path, [](char c) {
           return kUnreserved.find(c) != std::string_view::npos;
         });
}

std::size_t columns(std::string_view text) {
  if (is_ascii(text)) return text.size();
  const Utf8Locale locale;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Character character = character_at(text, i);
    sum += locale.width(character.point);
    i += character.size;
  }
  return sum;
}

std::string shortened(std::string_view text, std::size_t most) {
  if (columns(text) <= most) return std::string(text);
  const Utf8Locale locale;
  std::size_t left = std::max<std::size_t>(most, 1) - 1;  // of the columns, beside the mark's
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = character_at(text, end);
    const std::size_t width = locale.width(character.point);
    if (width > left) break;
    left -= width;
    end += character.size;
  }
  return std::string(text.substr(0, end)).append("…");
}

std::string duration_text(Duration duration) {
  using std::chrono::duration_cast;
  const double ms = duration_cast<std::chrono::duration<double, std::milli>>(duration).count();
  if (ms < 0.0995) return with_decimals(ms * 1000, 0, " µs");
  if (ms < 0.995) return with_decimals(ms, 2, " ms");
  if (ms < 9.95) return with_decimals(ms, 1, " ms");
  if (ms < 99.5) return with_decimals(ms, 0, " ms");
  const double seconds = ms / 1000;
  if (seconds < 9.995) return with_decimals(seconds, 2, " s");
  if (seconds < 99.95) return with_decimals(seconds, 1, " s");
  const auto whole = std::chrono::round<std::chrono::seconds>(duration).count();
  return count_text(static_cast<std::size_t>(whole / 60)) + " min " + std::to_string(whole % 60) +
         " s";
}

std::string count_text(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string time_of_day(SystemTime time) {
  const std::chrono::hh_mm_ss parts(time - std::chrono::floor<std::chrono::days>(time));
  std::string out;
  append_number(out, parts.hours().count(), 2);
  out += ':';
  append_number(out, parts.minutes().count(), 2);
  out += ':';
  append_number(out, parts.seconds().count(), 2);
  return out;
}

std::string timestamp(SystemTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  std::string out;
  append_number(out, int{date.year()}, 4);
  out += '-';
  append_number(out, unsigned{date.month()}, 2);
  out += '-';
  append_number(out, unsigned{date.day()}, 2);
  out += 'T' + time_of_day(time) + '.';
  append_number(out, std::chrono::floor<std::chrono::milliseconds>(time - day).count() % 1000, 3);
  return out += 'Z';
}

}  // namespace ofn::dev
