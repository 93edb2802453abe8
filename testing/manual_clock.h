// A clock that stands still until a test moves it.
//
//   testing::ManualClock clock;
//   Loop loop(clock);
//   clock.advance(5s);
//   testing::settle(loop);   // runs everything that is due or becomes ready
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

// Runs the loop, without waiting, until nothing is ready or due.
inline void settle(Loop& loop) {
  do {
    while (loop.poll()) {
    }
  } while (loop.poll());  // the last timer may have posted a task
}

}  // namespace ofn::testing
