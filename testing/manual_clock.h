// Time that stands still until a test moves it.
//
//   testing::ManualClock clock;
//   Loop loop(clock);
//   clock.advance(5s);
//   testing::settle(loop);   // runs what became due, and what that made ready
#pragma once

#include <chrono>

#include "base/clock.h"
#include "loop/loop.h"

namespace ofn::testing {

// Threads: one at a time.
class ManualClock final : public Clock {
 public:
  SteadyTime now() const override { return now_; }
  SystemTime system_now() const override { return system_; }
  void advance(Duration by) {
    now_ += by;
    system_ += std::chrono::duration_cast<SystemTime::duration>(by);
  }

 private:
  SteadyTime now_{std::chrono::hours(1)};
  SystemTime system_{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
};

// Runs the loop until nothing is ready or due any more, without waiting.
inline void settle(Loop& loop) {
  do {
    while (loop.poll()) {
    }
  } while (loop.poll());  // a timer that fired last may have posted something
}

}  // namespace ofn::testing
