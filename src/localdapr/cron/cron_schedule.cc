#include "localdapr/cron/cron_schedule.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <span>
#include <string>
#include <vector>

#include "localdapr/go/go_text.h"

namespace ofn::localdapr {
namespace {

namespace chrono = std::chrono;

struct FieldKind {
  std::string_view what;
  unsigned low;
  unsigned high;
  std::span<const std::string_view> names;  // the names of low, low + 1, …
};

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<FieldKind, 6> kFields = {{{"seconds", 0, 59, {}},
                                               {"minutes", 0, 59, {}},
                                               {"hours", 0, 23, {}},
                                               {"day of month", 1, 31, {}},
                                               {"month", 1, 12, kMonths},
                                               {"day of week", 0, 6, kDays}}};
enum : std::size_t { kSecond, kMinute, kHour, kDay, kMonth, kWeekday };

struct Descriptor {
  std::string_view name;
  std::string_view expression;
};
constexpr std::array<Descriptor, 7> kDescriptors = {{{"@yearly", "0 0 0 1 1 *"},
                                                     {"@annually", "0 0 0 1 1 *"},
                                                     {"@monthly", "0 0 0 1 * *"},
                                                     {"@weekly", "0 0 0 * * 0"},
                                                     {"@daily", "0 0 0 * * *"},
                                                     {"@midnight", "0 0 0 * * *"},
                                                     {"@hourly", "0 0 * * * *"}}};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::unexpected<Error> bad(std::string_view part, const FieldKind& kind, std::string_view why) {
  std::string message = "schedule: ";
  message.append(kind.what).append(" '").append(part).append("' ").append(why);
  return fail(Code::kInvalidArgument, std::move(message));
}

std::optional<unsigned> number(std::string_view text, const FieldKind& kind) {
  for (std::size_t i = 0; i < kind.names.size(); ++i) {
    if (text.size() == kind.names[i].size() &&
        std::ranges::equal(text, kind.names[i], [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
        })) {
      return kind.low + static_cast<unsigned>(i);
    }
  }
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Reads "*", "5", "1-5", "*/15", "10-40/10", "MON-FRI". Sets `any` to true if the range is not a
// restriction.
Result<std::uint64_t> read_range(std::string_view part, const FieldKind& kind, bool& any) {
  const std::size_t slash = part.find('/');
  const std::string_view range = part.substr(0, slash);
  const std::size_t dash = range.find('-');
  unsigned low = kind.low;
  unsigned high = kind.high;
  unsigned step = 1;
  const bool star = range == "*" || range == "?";
  if (!star) {
    const auto first = number(range.substr(0, dash), kind);
    const auto last = dash == std::string_view::npos ? first : number(range.substr(dash + 1), kind);
    if (!first || !last) return bad(part, kind, "is not a number, a name, a range or *");
    low = *first;
    // "5/10" means 5 and every tenth value after it.
    if (dash != std::string_view::npos || slash == std::string_view::npos) high = *last;
  }
  if (slash != std::string_view::npos) {
    const auto given =
        number(part.substr(slash + 1), {.what = {}, .low = 0, .high = 0, .names = {}});
    if (!given || *given == 0) return bad(part, kind, "has a step that is not a positive number");
    step = *given;
  }
  if (low < kind.low || high > kind.high || low > high) {
    return bad(part, kind,
               "is out of range; expected " + std::to_string(kind.low) + " to " +
                   std::to_string(kind.high));
  }
  any = any || (star && step == 1);
  std::uint64_t bits = 0;
  for (unsigned value = low; value <= high; value += std::min(step, 64U)) {
    bits |= std::uint64_t{1} << value;
  }
  return bits;
}

bool has(std::uint64_t bits, unsigned value) { return ((bits >> value) & 1U) != 0; }

using Seconds = chrono::sys_seconds;

// Returns `from + by`, or the next change of the clocks if that comes first.
Seconds pass(Seconds from, chrono::seconds by, const UtcOffset& offset) {
  const auto before = offset(from);
  Seconds later = from + by;
  if (offset(later) == before) return later;
  for (Seconds same = from; later - same > chrono::seconds(1);) {
    const Seconds middle = same + (later - same) / 2;
    (offset(middle) == before ? same : later) = middle;
  }
  return later;
}

}  // namespace

std::chrono::seconds local_utc_offset(SystemTime moment) {
  const std::time_t seconds = chrono::floor<chrono::seconds>(moment.time_since_epoch()).count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return chrono::seconds(local.tm_gmtoff);
}

Result<CronSchedule> CronSchedule::parse(std::string_view expression) {
  if (expression.starts_with("TZ=") || expression.starts_with("CRON_TZ=")) {
    return fail(
        Code::kInvalidArgument,
        "schedule: the local sidecar has no time zones in schedules; set TZ for the program, "
        "or run Dapr and set DAPR_GRPC_PORT");
  }
  CronSchedule schedule;
  if (expression.starts_with("@every ")) {
    const std::string_view text = expression.substr(7);
    // Go's durations have a unit, so a plain number is not a duration.
    const bool has_unit = !text.empty() && (text.back() < '0' || text.back() > '9');
    const auto every = has_unit ? go_duration(text) : std::nullopt;
    if (!every) {
      return fail(Code::kInvalidArgument,
                  "schedule: '" + std::string(text) + "' is not a duration such as 30s or 1h15m");
    }
    schedule.every_ = std::max(chrono::seconds(1), chrono::floor<chrono::seconds>(*every));
    return schedule;
  }
  for (const Descriptor& known : kDescriptors) {
    if (expression == known.name) expression = known.expression;
  }
  if (expression.starts_with('@')) {
    return fail(Code::kInvalidArgument,
                "schedule: unrecognized descriptor '" + std::string(expression) +
                    "'; expected @yearly, @monthly, @weekly, @daily, @hourly or @every DURATION");
  }
  std::vector<std::string_view> parts = split(expression, " \t");
  if (parts.size() == 5) parts.insert(parts.begin(), "0");
  if (parts.size() != kFields.size()) {
    return fail(Code::kInvalidArgument,
                "schedule: expected 5 to 6 fields, found " + std::to_string(parts.size()));
  }
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    bool any = false;
    for (std::string_view part : split(parts[i], ",")) {
      auto bits = read_range(part, kFields[i], any);
      if (!bits) return std::unexpected(std::move(bits.error()));
      schedule.fields_[i] |= *bits;
    }
    if (schedule.fields_[i] == 0) return bad(parts[i], kFields[i], "names no value");
    if (i == kDay) schedule.any_day_of_month_ = any;
    if (i == kWeekday) schedule.any_day_of_week_ = any;
  }
  return schedule;
}

std::optional<SystemTime> CronSchedule::next(SystemTime now, const UtcOffset& offset) const {
  const auto from = chrono::floor<chrono::seconds>(now);
  if (every_) return SystemTime(from + *every_);

  // Goes from time to time and looks at the local time. If a whole month, day, hour or minute
  // cannot match, it is skipped at once, so that the search ends soon even for a schedule that
  // never fires.
  constexpr chrono::years kYears(5);  // the same limit as in robfig/cron
  const auto year_of = [](chrono::local_seconds local) {
    return chrono::year_month_day(chrono::floor<chrono::days>(local)).year();
  };
  const auto shown = [&offset](Seconds moment) {
    return chrono::local_seconds(moment.time_since_epoch() + offset(moment));
  };
  Seconds moment = from + chrono::seconds(1);
  const chrono::year last = year_of(shown(moment)) + kYears;
  while (true) {
    const chrono::local_seconds local = shown(moment);
    if (year_of(local) > last) return std::nullopt;
    const auto wait = until_possible(local);
    if (wait == chrono::seconds::zero()) return moment;
    moment = pass(moment, wait, offset);
  }
}

// Returns how long the local time, from `local` on, certainly does not match; zero if it matches
// now.
chrono::seconds CronSchedule::until_possible(chrono::local_seconds local) const {
  const auto day = chrono::floor<chrono::days>(local);
  const chrono::year_month_day date(day);
  if (!has(fields_[kMonth], static_cast<unsigned>(date.month()))) {
    return chrono::local_days((date.year() / date.month() + chrono::months(1)) / 1) - local;
  }
  const bool of_month = has(fields_[kDay], static_cast<unsigned>(date.day()));
  const bool of_week = has(fields_[kWeekday], chrono::weekday(day).c_encoding());
  const bool both = any_day_of_month_ || any_day_of_week_;
  if (both ? !(of_month && of_week) : !(of_month || of_week)) return day + chrono::days(1) - local;

  const chrono::hh_mm_ss time(local - day);
  if (!has(fields_[kHour], static_cast<unsigned>(time.hours().count()))) {
    return chrono::hours(1) - time.minutes() - time.seconds();
  }
  if (!has(fields_[kMinute], static_cast<unsigned>(time.minutes().count()))) {
    return chrono::minutes(1) - time.seconds();
  }
  const bool matches = has(fields_[kSecond], static_cast<unsigned>(time.seconds().count()));
  return chrono::seconds(matches ? 0 : 1);
}

}  // namespace ofn::localdapr
