#include "base/moment.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <iterator>

namespace ofn {
namespace {

constexpr std::uint32_t kSecond = 1'000'000'000;  // nanoseconds
constexpr std::int64_t kMinute = 60;              // seconds
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the parts of a text from its beginning. After a mistake, `ok` is false.
struct Parts {
  std::string_view rest;
  bool ok = true;

  bool take(std::string_view any_of) {
    const bool has = !rest.empty() && any_of.find(rest.front()) != std::string_view::npos;
    if (has) rest.remove_prefix(1);
    return has;
  }
  void expect(std::string_view any_of) { ok = take(any_of) && ok; }
  int two_or_four(std::size_t digits) {
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest.empty() || !is_digit(rest.front())) {
        ok = false;
        return 0;
      }
      number = number * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    return number;
  }
  // Takes the digits behind a point as nanoseconds.
  std::uint32_t fraction() {
    std::uint32_t nanoseconds = 0;
    std::uint32_t unit = kSecond / 10;
    if (rest.empty() || !is_digit(rest.front())) ok = false;
    for (; !rest.empty() && is_digit(rest.front()); rest.remove_prefix(1), unit /= 10) {
      nanoseconds += unit * static_cast<std::uint32_t>(rest.front() - '0');
    }
    return nanoseconds;
  }
  // Takes digits. Returns nullopt if there are none, or if the number does not fit.
  std::optional<std::int64_t> number() {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (rest.empty() || !is_digit(rest.front()) || error != std::errc()) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return number;
  }
};

void append_digits(std::string& out, std::uint64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  out += digits;
}

// Three, six or nine digits, whichever are enough; none for zero.
void append_fraction(std::string& out, std::uint32_t nanoseconds) {
  if (nanoseconds == 0) return;
  out += '.';
  if (nanoseconds % 1'000'000 == 0) return append_digits(out, nanoseconds / 1'000'000, 3);
  if (nanoseconds % 1000 == 0) return append_digits(out, nanoseconds / 1000, 6);
  append_digits(out, nanoseconds, 9);
}

// Adds count * unit; returns false if the sum does not fit.
bool add(std::int64_t& sum, std::int64_t count, std::int64_t unit) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(count, unit, &product) &&
         !__builtin_add_overflow(sum, product, &sum);
}

}  // namespace

std::optional<Moment> parse_time(std::string_view text) noexcept {
  Parts parts{text};
  const int year = parts.two_or_four(4);
  parts.expect("-");
  const int month = parts.two_or_four(2);
  parts.expect("-");
  const int day = parts.two_or_four(2);
  parts.expect("Tt");
  const int hour = parts.two_or_four(2);
  parts.expect(":");
  const int minute = parts.two_or_four(2);
  parts.expect(":");
  const int second = parts.two_or_four(2);
  Moment moment;
  if (parts.take(".")) moment.nanoseconds = parts.fraction();
  std::int64_t offset = 0;
  if (!parts.take("Zz")) {
    const bool is_west = parts.take("-");
    if (!is_west) parts.expect("+");
    const int hours = parts.two_or_four(2);
    parts.expect(":");
    const int minutes = parts.two_or_four(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset = (hours * kHour + minutes * kMinute) * (is_west ? -1 : 1);
  }
  if (!parts.ok || !parts.rest.empty() || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  moment.seconds = days * kDay + hour * kHour + minute * kMinute + second - offset;
  return moment;
}

std::optional<std::string> time_text(const Moment& time) {
  constexpr std::int64_t kFirst = -62167219200;  // the beginning of the year 0000
  constexpr std::int64_t kLast = 253402300799;   // the last second of 9999
  if (time.seconds < kFirst || time.seconds > kLast) return std::nullopt;
  const std::int64_t in_day = ((time.seconds % kDay) + kDay) % kDay;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days((time.seconds - in_day) / kDay))};
  std::string text;
  append_digits(text, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_digits(text, static_cast<std::uint64_t>(in_day / kHour), 2);
  text += ':';
  append_digits(text, static_cast<std::uint64_t>(in_day % kHour / kMinute), 2);
  text += ':';
  append_digits(text, static_cast<std::uint64_t>(in_day % kMinute), 2);
  append_fraction(text, time.nanoseconds);
  text += 'Z';
  return text;
}

std::optional<Moment> parse_iso_duration(std::string_view text) noexcept {
  Parts parts{text};
  const bool is_negative = parts.take("-");
  parts.expect("P");
  // The units in their order. The second half stands behind a T.
  constexpr std::string_view kDateUnits = "WD";
  constexpr std::string_view kTimeUnits = "HMS";
  Moment moment;
  bool is_time = false;
  bool has_any = false;
  std::size_t next_unit = 0;
  while (parts.ok && !parts.rest.empty()) {
    if (!is_time && parts.take("T")) {
      is_time = true;
      has_any = false;
      next_unit = 0;
      continue;
    }
    const auto count = parts.number();
    if (!count) return std::nullopt;
    const bool has_fraction = parts.take(".,");
    if (has_fraction) moment.nanoseconds = parts.fraction();
    if (parts.rest.empty()) return std::nullopt;
    const auto unit = (is_time ? kTimeUnits : kDateUnits).find(parts.rest.front());
    if (unit == std::string_view::npos || unit < next_unit) return std::nullopt;
    const char letter = parts.rest.front();
    parts.rest.remove_prefix(1);
    if (has_fraction && letter != 'S') return std::nullopt;
    const std::int64_t seconds = letter == 'W'   ? 7 * kDay
                                 : letter == 'D' ? kDay
                                 : letter == 'H' ? kHour
                                 : letter == 'M' ? kMinute
                                                 : 1;
    if (!add(moment.seconds, *count, seconds)) return std::nullopt;
    next_unit = unit + 1;
    // Weeks stand alone.
    if (letter == 'W' && !parts.rest.empty()) return std::nullopt;
    has_any = true;
  }
  if (!parts.ok || !has_any) return std::nullopt;
  if (is_negative) {
    moment.seconds = -moment.seconds;
    if (moment.nanoseconds != 0) {
      --moment.seconds;
      moment.nanoseconds = kSecond - moment.nanoseconds;
    }
  }
  return moment;
}

std::string iso_duration_text(const Moment& duration) {
  const bool is_negative = duration.seconds < 0;
  auto seconds = static_cast<std::uint64_t>(duration.seconds);
  std::uint32_t nanoseconds = duration.nanoseconds;
  if (is_negative) {
    seconds = 0 - seconds;
    if (nanoseconds != 0) {
      --seconds;
      nanoseconds = kSecond - nanoseconds;
    }
  }
  const std::uint64_t hours = seconds / kHour;
  const std::uint64_t minutes = seconds % kHour / kMinute;
  seconds %= kMinute;
  std::string text = is_negative ? "-PT" : "PT";
  if (hours != 0) text += std::to_string(hours) + 'H';
  if (minutes != 0) text += std::to_string(minutes) + 'M';
  if (seconds != 0 || nanoseconds != 0 || (hours == 0 && minutes == 0)) {
    text += std::to_string(seconds);
    append_fraction(text, nanoseconds);
    text += 'S';
  }
  return text;
}

}  // namespace ofn
