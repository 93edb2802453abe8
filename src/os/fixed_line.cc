#include "os/fixed_line.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"

namespace ofn::os {

namespace {

// The bytes that the end of a field and of the line need.
constexpr std::size_t kReserve = 16;
constexpr std::int64_t kMicrosPerDay = std::int64_t{86'400} * 1'000'000;

struct Date {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

// Computes the date because gmtime_r() takes the lock of the time zone. The algorithm counts years from March, in eras of 400
// years (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
Date date_of(std::int64_t days) {
  const std::int64_t from_era_0 = days + 719'468;
  const std::int64_t era = (from_era_0 >= 0 ? from_era_0 : from_era_0 - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(from_era_0 - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;  // March is 0
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = day_of_year - (153 * shifted + 2) / 5 + 1};
}

}  // namespace

void FixedText::add(std::string_view text) {
  const std::size_t size = std::min(text.size(), left());
  cut_ = cut_ || size < text.size();
  text.copy(room_.data() + size_, size);
  size_ += size;
}

void FixedText::add_number(std::uint64_t number, int least_digits) {
  std::array<char, 24> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  for (auto missing = least_digits - (end - digits.data()); missing > 0; --missing) add('0');
  add(std::string_view(digits.data(), end));
}

void FixedText::add_hex(std::uint64_t number) {
  std::array<char, 24> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  add("0x");
  add(std::string_view(digits.data(), end));
}

void FixedLine::add_time(std::int64_t unix_micros) {
  const bool json = format_ == LineFormat::kJson;
  const std::int64_t days = unix_micros / kMicrosPerDay - (unix_micros % kMicrosPerDay < 0 ? 1 : 0);
  const auto micros = static_cast<std::uint64_t>(unix_micros - days * kMicrosPerDay);
  if (json) {
    const Date date = date_of(days);
    text_.add_number(static_cast<std::uint64_t>(date.year), 4);
    text_.add('-');
    text_.add_number(date.month, 2);
    text_.add('-');
    text_.add_number(date.day, 2);
    text_.add('T');
  }
  const std::uint64_t seconds = micros / 1'000'000;
  text_.add_number(seconds / 3600, 2);
  text_.add(':');
  text_.add_number(seconds / 60 % 60, 2);
  text_.add(':');
  text_.add_number(seconds % 60, 2);
  text_.add('.');
  json ? text_.add_number(micros % 1'000'000, 6) : text_.add_number(micros / 1'000 % 1'000, 3);
}

void FixedLine::begin(std::int64_t unix_micros, std::string_view level, std::string_view message) {
  const bool json = format_ == LineFormat::kJson;
  if (json) text_.add(R"({"time":")");
  add_time(unix_micros);
  text_.add(json ? R"(Z","level":")" : " ");
  text_.add(level);
  if (json) {
    text_.add(R"(","message":)");
    add_json(message);
  } else {
    text_.add(' ');
    text_.add(message);
  }
}

void FixedLine::field(std::string_view name, std::string_view value) {
  constexpr std::size_t kLeast = 32;  // room for a value
  if (ended_ || value.empty() || text_.left() < name.size() + kLeast + kReserve) return;
  if (format_ == LineFormat::kJson) {
    text_.add(",\"");
    text_.add(name);
    text_.add("\":");
    return add_json(value);
  }
  text_.add(' ');
  text_.add(name);
  text_.add('=');
  const bool plain =
      value.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+@%{}()<>*,;") ==
      std::string_view::npos;
  if (plain && value.size() + kReserve <= text_.left()) return text_.add(value);
  add_json(value);
}

void FixedLine::add_json(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool valid = is_utf8(text);
  text_.add('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // The text is cut between two characters only, so that the rest is still valid UTF-8.
    const bool begins = !valid || (byte & 0xc0U) != 0x80;
    if (begins && text_.left() < kReserve) {
      text_.add("…");
      break;
    }
    if (c == '"' || c == '\\') {
      text_.add('\\');
      text_.add(c);
    } else if (c == '\n') {
      text_.add("\\n");
    } else if (byte < 0x20 || byte == 0x7f || (!valid && byte >= 0x80)) {
      text_.add("\\u00");
      text_.add(kHex[byte >> 4]);
      text_.add(kHex[byte & 0xf]);
    } else {
      text_.add(c);
    }
  }
  text_.add('"');
}

std::string_view FixedLine::end() {
  if (!ended_) {
    ended_ = true;
    if (format_ == LineFormat::kJson) text_.add('}');
    text_.add('\n');
  }
  return text_.text();
}

}  // namespace ofn::os
