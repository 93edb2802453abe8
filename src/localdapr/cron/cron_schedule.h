// Reads the schedules of bindings.cron, and computes when they fire.
//
//   auto schedule = CronSchedule::parse("*/15 * * * * *");    // every 15 seconds
//   std::optional<SystemTime> next = schedule->next(now, offset);
//
// Six fields (seconds first) or five fields (minutes first): numbers, names, *, ?, lists, ranges
// and steps. Or @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every DURATION.
// Spec: https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace ofn::localdapr {

// Returns how far local time is ahead of UTC at a given time.
using UtcOffset = std::function<std::chrono::seconds(SystemTime)>;
// The offset of this machine's time zone, which daprd's cron also uses. Threads: any.
std::chrono::seconds local_utc_offset(SystemTime moment);

// A value.
class CronSchedule {
 public:
  // Errors: kInvalidArgument with the field, what was expected and what was found.
  static Result<CronSchedule> parse(std::string_view expression);

  // Returns the first time after `now` whose local time matches; nullopt if there is none in the
  // next five years (the 30th of February). If a change of the clocks skips a local time, the
  // schedule does not fire at it that day; if a local time comes twice, it fires twice. robfig's
  // cron does the same.
  std::optional<SystemTime> next(SystemTime now, const UtcOffset& offset) const;

 private:
  std::chrono::seconds until_possible(std::chrono::local_seconds local) const;

  // One bit for each value: seconds, minutes, hours, days of the month, months, days of the week.
  std::array<std::uint64_t, 6> fields_{};
  // A day must match both of its fields; but if both are restrictions, it needs to match only one.
  bool any_day_of_month_ = false;
  bool any_day_of_week_ = false;
  std::optional<std::chrono::seconds> every_;
};

}  // namespace ofn::localdapr
