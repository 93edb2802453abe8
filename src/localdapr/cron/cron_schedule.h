// When a schedule fires: the expressions of bindings.cron.
//
//   auto schedule = CronSchedule::parse("*/15 * * * * *");    // every 15 seconds
//   std::optional<SystemTime> next = schedule->next(now, offset);
//
// Six fields (seconds first) or five (minutes first): numbers, names, *, ?, lists, ranges and steps.
// @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every DURATION.
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

// How far local time is ahead of UTC at a moment.
using UtcOffset = std::function<std::chrono::seconds(SystemTime)>;
// The offset of this machine's time zone, as daprd's cron has it. Threads: any.
std::chrono::seconds local_utc_offset(SystemTime moment);

// A value.
class CronSchedule {
 public:
  // Errors: kInvalidArgument, saying which field, what was expected and found.
  static Result<CronSchedule> parse(std::string_view expression);

  // The first moment after `now` at which the clocks show a match; nullopt if there is none in the next
  // five years (the 30th of February). So a time that a change of the clocks leaves out is left out
  // that day, and one that comes twice fires twice, as with robfig's cron.
  std::optional<SystemTime> next(SystemTime now, const UtcOffset& offset) const;

 private:
  std::chrono::seconds until_possible(std::chrono::local_seconds local) const;

  // A bit a value: seconds, minutes, hours, days of the month, months, days of the week.
  std::array<std::uint64_t, 6> fields_{};
  // A day must match both of its fields, unless both are restricted: then either.
  bool any_day_of_month_ = false;
  bool any_day_of_week_ = false;
  std::optional<std::chrono::seconds> every_;
};

}  // namespace ofn::localdapr
