// The texts within a line of the log: times, words, escaped strings, and the names that other systems have for our fields. Only
// base/log_line.h uses it.
//
//   log_text::add_json(out, "two\nlines");  // "two\nlines", with the quotes
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"

namespace ofn::log_text {

// The bytes that the ends of a cut value, of a field and of a line need.
inline constexpr std::size_t kReserve = 16;
// The bytes that a field needs beside its name: the longest name of another system, or what stands around a short value.
inline constexpr std::size_t kRoomOfField = 256;

std::string_view word_of(Level level) noexcept;      // "warning"
std::string_view severity_of(Level level) noexcept;  // "WARNING"
// Returns true if the text has no control character.
bool is_one_line(std::string_view text) noexcept;
// Returns true if a reader sees where the text ends.
bool is_plain_word(std::string_view text) noexcept;
// Returns true if the log itself has fields of this name.
bool is_own_name(std::string_view name) noexcept;
// The name in the Elastic Common Schema, or in Cloud Logging's HttpRequest; empty: there is none.
std::string_view ecs_name(std::string_view name) noexcept;
std::string_view gcp_request_name(std::string_view name) noexcept;
// "pay.cc:12" → "pay.cc" and "12"; the line of a text without one is "0".
std::pair<std::string_view, std::string_view> split_location(std::string_view location) noexcept;
bool is_sampled(std::string_view trace_flags) noexcept;

// "2026-11-22T15:38:00.123456Z" and "15:38:00.123". Not gmtime_r(), which takes the lock of the time zone.
struct Moment {
  std::array<char, 32> text;
  std::size_t size;
  std::string_view view() const { return {text.data(), size}; }
};
Moment date_and_time(std::int64_t unix_micros) noexcept;
Moment time_of_day(std::int64_t unix_micros) noexcept;
template <class Out>
void add_date_and_time(Out& out, std::int64_t unix_micros) {
  out.add(date_and_time(unix_micros).view());
}
template <class Out>
void add_time(Out& out, std::int64_t unix_micros) {
  out.add(time_of_day(unix_micros).view());
}

// Returns the number of bytes at the beginning that a JSON string has unchanged, whatever they are a part of.
std::size_t plain_prefix(std::string_view text) noexcept;

// How the byte at `at` is written, and how many bytes that stands for.
struct Escape {
  std::array<char, 6> text;
  std::uint8_t size;
  std::uint8_t stands_for;  // 0: the byte is unchanged
  std::string_view view() const { return {text.data(), size}; }
};
// A text that is not UTF-8 is escaped byte by byte, so that every line parses. Line separators beyond ASCII (U+0085, U+2028,
// U+2029) are escaped, too: some readers split lines there.
Escape escape_at(std::string_view text, std::size_t at, bool is_valid) noexcept;

// Appends the escaped text; false: it was cut.
template <class Out>
bool add_escaped(Out& out, std::string_view text) {
  std::size_t run = plain_prefix(text);
  if (run == text.size() && run <= out.left() - std::min(out.left(), kReserve)) [[likely]] {
    out.add(text);
    return true;
  }
  const bool is_valid = is_utf8(text);
  for (; !text.empty(); run = plain_prefix(text)) {
    Escape escape{};
    while (run < text.size()) {
      escape = escape_at(text, run, is_valid);
      if (escape.stands_for != 0) break;
      ++run;
      run += plain_prefix(text.substr(run));
    }
    const std::size_t needed = run + escape.size + kReserve;
    if (needed > out.left()) {
      const std::size_t room = out.left() < kReserve ? 0 : out.left() - kReserve;
      out.add(clipped(text.substr(0, run), room));
      out.add("…");
      return false;
    }
    out.add(text.substr(0, run));
    out.add(escape.view());
    text.remove_prefix(run + escape.stands_for);
  }
  return true;
}

// Appends a JSON string (RFC 8259 §7).
template <class Out>
void add_json(Out& out, std::string_view text, std::string_view before = {},
              std::string_view behind = {}) {
  out.add('"');
  out.add(before);
  if (add_escaped(out, text)) out.add(behind);
  out.add('"');
}

}  // namespace ofn::log_text
