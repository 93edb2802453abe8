// A clock that stands still until somebody moves it.
//
//   StillClock clock;
//   clock.advance(std::chrono::seconds(5));
#pragma once

#include <chrono>

#include "base/clock.h"

namespace ofn::kit {

// Threads: one at a time.
class StillClock final : public Clock {
 public:
  SteadyTime now() const override { return now_; }
  SystemTime system_now() const override {
    return kSystemStart + std::chrono::duration_cast<SystemTime::duration>(now_ - kStart);
  }
  void advance(Duration by) { now_ += by; }
  Duration elapsed() const { return now_ - kStart; }

 private:
  static constexpr SteadyTime kStart{std::chrono::hours(1)};
  static constexpr SystemTime kSystemStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  SteadyTime now_ = kStart;
};

}  // namespace ofn::kit
