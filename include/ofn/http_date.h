// The dates of HTTP: Date, Last-Modified, If-Modified-Since, the Expires of cookies.
//
//   std::string text = ofn::http_date(std::chrono::system_clock::now());
//   std::optional<ofn::HttpTime> then = ofn::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
//
// Spec: RFC 9110 §5.6.7. Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ofn/lazy.h>

namespace ofn {

// A point in time in whole seconds, since HTTP has no smaller unit. It converts implicitly to a
// std::chrono::system_clock::time_point, which has the years 1678 to 2261.
using HttpTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

namespace internal {

inline constexpr std::size_t kHttpDateSize = 29;
inline constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
inline constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct Date {
  std::int64_t year;
  unsigned month;  // 1 to 12
  unsigned day;    // 1 to 31
};

// The proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March, so that the
// day of a leap year is the last one of its year.
constexpr std::int64_t kDaysOfEra = 146'097;
constexpr std::int64_t kDaysBefore1970 = 719'468;  // from 1 March of the year 0

constexpr std::int64_t days_of(Date date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t month = (date.month + 9) % 12;  // 0 is March
  const std::int64_t day = (153 * month + 2) / 5 + date.day - 1;
  return era * kDaysOfEra + of_era * 365 + of_era / 4 - of_era / 100 + day - kDaysBefore1970;
}
constexpr Date date_of(std::int64_t days) noexcept {
  days += kDaysBefore1970;
  const std::int64_t era = (days >= 0 ? days : days - (kDaysOfEra - 1)) / kDaysOfEra;
  const std::int64_t day = days - era * kDaysOfEra;
  const std::int64_t year = (day - day / 1460 + day / 36'524 - day / 146'096) / 365;
  const std::int64_t of_year = day - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;
  return {.year = year + era * 400 + (month >= 10 ? 1 : 0),
          .month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9),
          .day = static_cast<unsigned>(of_year - (153 * month + 2) / 5 + 1)};
}

// Writes kHttpDateSize characters.
OFN_INTERNAL_LAZY constexpr void write_http_date(char* at, HttpTime time) noexcept {
  constexpr std::int64_t kSecondsOfDay = 86'400;
  constexpr std::int64_t kFirst = days_of({.year = 0, .month = 1, .day = 1}) * kSecondsOfDay;
  constexpr std::int64_t kEnd = days_of({.year = 10'000, .month = 1, .day = 1}) * kSecondsOfDay;
  const std::int64_t since_1970 = time.time_since_epoch().count();
  const std::int64_t seconds =
      since_1970 < kFirst ? kFirst : (since_1970 >= kEnd ? kEnd - 1 : since_1970);
  const std::int64_t days =
      (seconds >= 0 ? seconds : seconds - (kSecondsOfDay - 1)) / kSecondsOfDay;
  const std::int64_t of_day = seconds - days * kSecondsOfDay;
  const Date date = date_of(days);
  const auto text = [&at](std::string_view part) {
    for (const char c : part) *at++ = c;
  };
  const auto two_digits = [&at](std::int64_t number) {
    *at++ = static_cast<char>('0' + number / 10);
    *at++ = static_cast<char>('0' + number % 10);
  };
  // 1 January 1970 was a Thursday.
  text(kWeekdays.substr(static_cast<std::size_t>(((days + 4) % 7 + 7) % 7) * 3, 3));
  text(", ");
  two_digits(date.day);
  text(" ");
  text(kMonths.substr(std::size_t{date.month - 1} * 3, 3));
  text(" ");
  two_digits(date.year / 100);
  two_digits(date.year % 100);
  text(" ");
  two_digits(of_day / 3600);
  text(":");
  two_digits(of_day / 60 % 60);
  text(":");
  two_digits(of_day % 60);
  text(" GMT");
}

// Reads a text piece by piece. After the first piece that does not fit, is_valid is false.
class DateText {
 public:
  constexpr explicit DateText(std::string_view text) noexcept : rest_(text) {}

  constexpr bool is_valid() const noexcept { return is_valid_; }
  constexpr bool is_read() const noexcept { return is_valid_ && rest_.empty(); }
  constexpr void skip(std::string_view text) noexcept {
    check(rest_.starts_with(text), text.size());
  }
  // Returns true, and skips the text, if it comes next.
  constexpr bool skips(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  constexpr unsigned digits(std::size_t count) noexcept {
    unsigned number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = rest_.empty() ? 'x' : rest_.front();
      if (!check(c >= '0' && c <= '9', 1)) return 0;
      number = number * 10 + static_cast<unsigned>(c - '0');
    }
    return number;
  }
  // Reads one of the words of three letters, and returns its place. Case counts.
  constexpr unsigned word(std::string_view words) noexcept {
    for (std::size_t at = 0; at < words.size(); at += 3) {
      if (skips(words.substr(at, 3))) return static_cast<unsigned>(at / 3);
    }
    check(false, 0);
    return 0;
  }

 private:
  constexpr bool check(bool fits, std::size_t size) noexcept {
    is_valid_ = is_valid_ && fits;
    if (is_valid_) rest_.remove_prefix(size);
    return is_valid_;
  }

  std::string_view rest_;
  bool is_valid_ = true;
};

}  // namespace internal

// Returns the form of a date that is sent: "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate). A time
// before the year 0 or after 9999 becomes the nearest date that the form has.
OFN_INTERNAL_LAZY std::string http_date(HttpTime time) {
  std::string text(internal::kHttpDateSize, ' ');
  internal::write_http_date(text.data(), time);
  return text;
}
// Rounds down to whole seconds.
OFN_INTERNAL_LAZY std::string http_date(std::chrono::system_clock::time_point time) {
  return http_date(std::chrono::floor<std::chrono::seconds>(time));
}

// Reads a date in one of the three forms that a receiver must accept: "Sun, 06 Nov 1994 08:49:37
// GMT", "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". Returns nullopt for anything else, and for a date that does not exist. The name of the weekday
// does not count. A year of two digits is the latest one that is at most 50 years after `now`. A
// leap second is read as the second before it.
OFN_INTERNAL_LAZY std::optional<HttpTime> parse_http_date(
    std::string_view text,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) noexcept {
  using internal::kMonths;
  internal::DateText read(text);
  internal::Date date{.year = 0, .month = 1, .day = 1};
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  const auto read_time = [&] {
    hour = read.digits(2);
    read.skip(":");
    minute = read.digits(2);
    read.skip(":");
    second = read.digits(2);
  };

  const unsigned weekday = read.word(internal::kWeekdays);
  if (read.skips(", ")) {
    date.day = read.digits(2);
    read.skip(" ");
    date.month = read.word(kMonths) + 1;
    read.skip(" ");
    date.year = read.digits(4);
    read.skip(" ");
    read_time();
    read.skip(" GMT");
  } else if (read.skips(" ")) {
    date.month = read.word(kMonths) + 1;
    read.skip(" ");
    date.day = read.digits(read.skips(" ") ? 1 : 2);
    read.skip(" ");
    read_time();
    read.skip(" ");
    date.year = read.digits(4);
  } else {
    constexpr std::string_view kRest[] = {"day", "day", "sday", "nesday", "rsday", "day", "urday"};
    read.skip(kRest[weekday]);
    read.skip(", ");
    date.day = read.digits(2);
    read.skip("-");
    date.month = read.word(kMonths) + 1;
    read.skip("-");
    date.year = read.digits(2);
    read.skip(" ");
    read_time();
    read.skip(" GMT");
    const auto today = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count() / 24;
    const std::int64_t latest = internal::date_of(today).year + 50;
    date.year += (latest - date.year) / 100 * 100;
  }

  if (!read.is_read() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = internal::days_of(date);
  const internal::Date same = internal::date_of(days);
  if (same.month != date.month || same.day != date.day) return std::nullopt;
  if (second == 60) second = 59;
  return HttpTime(std::chrono::seconds(((days * 24 + hour) * 60 + minute) * 60 + second));
}

}  // namespace ofn
