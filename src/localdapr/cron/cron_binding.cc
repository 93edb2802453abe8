#include "localdapr/cron/cron_binding.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "localdapr/go/rfc3339.h"

namespace ofn::localdapr {
namespace {

// Longer waits are divided, because the wall clock may be changed meanwhile.
constexpr std::chrono::minutes kLongestWait(1);

// Formats a time in UTC as Go does: "2026-01-31 23:59:59.5 +0000 UTC".
std::string go_time(SystemTime moment) {
  std::string text = rfc3339(moment);
  text[10] = ' ';
  text.pop_back();
  const auto second = std::chrono::floor<std::chrono::seconds>(moment);
  const auto fraction =
      std::chrono::duration_cast<std::chrono::nanoseconds>(moment - second).count();
  if (fraction != 0) {
    std::array<char, 16> digits{};
    const int size =
        std::snprintf(digits.data(), digits.size(), ".%09lld", static_cast<long long>(fraction));
    text.append(digits.data(), static_cast<std::size_t>(size));
    while (text.ends_with('0')) text.pop_back();
  }
  return text + " +0000 UTC";
}

}  // namespace

CronBinding::CronBinding(std::string name, CronSchedule schedule, Loop& loop)
    : name_(std::move(name)), schedule_(schedule), loop_(loop), timer_(loop, [this] { fire(); }) {}

Result<std::unique_ptr<CronBinding>> CronBinding::create(const Component& component, Loop& loop) {
  const std::string_view text = component.property("schedule").value_or("");
  if (text.empty()) return fail(Code::kInvalidArgument, "schedule not set");
  auto schedule = CronSchedule::parse(text);
  if (!schedule) return std::unexpected(std::move(schedule.error()));
  return std::unique_ptr<CronBinding>(new CronBinding(component.name, *schedule, loop));
}

void CronBinding::start(OnInput on_input) {
  on_input_ = std::move(on_input);
  const auto first = schedule_.next(loop_.clock().system_now(), local_utc_offset);
  if (!first) return;
  due_ = *first;
  arm();
}

void CronBinding::arm() {
  const auto wait = std::chrono::duration_cast<Duration>(due_ - loop_.clock().system_now());
  timer_.arm(loop_.clock().now() + std::clamp<Duration>(wait, Duration::zero(), kLongestWait));
}

void CronBinding::fire() {
  const SystemTime now = loop_.clock().system_now();
  if (now < due_) return arm();
  const auto next = schedule_.next(now, local_utc_offset);
  if (next) {
    due_ = *next;
    arm();
  }
  on_input_({.component = name_,
             .data = {},
             .metadata = {{"readTimeUTC", go_time(now)}, {"timeZone", "Local"}}},
            [](Taken /*taken*/) {});
}

}  // namespace ofn::localdapr
