// Decides whether a loop lets other threads run before it sleeps.
#pragma once

#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace ofn {

// If a busy loop sleeps, the next request wakes it, and it often preempts the very thread that was
// about to bring more requests. It then handles requests one at a time, with two thread switches
// for each. If the loop first yields its processor once, other threads can bring more requests
// meanwhile, and the loop handles them together (docs/performance.md has the measurement). But a
// thread that only computes would take a whole time slice at each yield, although a sleeping loop
// would have preempted it. So a loop yields rarely if the other threads take much more time than
// the loop itself.
//
// Lifetime: one per loop. Threads: the loop's. Cost: one clock read for each kSample handlers, and
// two for each yield. A loop that is not busy never yields.
class YieldPolicy {
 public:
  // A sample is this many handlers. The loop is busy if they take less than kBusy.
  static constexpr std::uint32_t kSample = 256;
  static constexpr Duration kBusy = std::chrono::milliseconds(50);
  // Other threads may take up to this many times the loop's own time, and at most kBusy within one
  // sample.
  static constexpr int kShare = 3;
  // The sums cover about this many recent samples.
  static constexpr int kRecent = 8;
  // If other threads take more, this many busy samples pass before the loop yields again.
  static constexpr std::uint32_t kRest = 16;

  explicit YieldPolicy(SteadyTime now) : began_(now) {}

  // Call this before each handler.
  void handled(const Clock& clock) {
    if (++handlers_ == kSample) sample(clock.now());
  }
  // Returns true if the loop should yield before it sleeps.
  bool due() const { return gives_; }
  // Call this after a yield that took this long.
  void gave_way(Duration took) {
    given_ += took;
    if (given_ > kBusy) gives_ = false;
  }

 private:
  void sample(SteadyTime now) {
    const Duration took = now - began_;
    const Duration given = std::exchange(given_, Duration::zero());
    began_ = now;
    handlers_ = 0;
    // One sample says little, because the thread that gets the processor keeps it for a whole
    // slice.
    others_ += given - others_ / kRecent;
    own_ += took - given - own_ / kRecent;
    if (given > Duration::zero() && others_ > kShare * own_) rest_ = kRest;
    const bool busy = took < kBusy;
    if (busy && rest_ > 0) --rest_;
    gives_ = busy && rest_ == 0;
  }

  SteadyTime began_;   // when the current sample began
  Duration given_{};   // time given to others within the sample
  Duration others_{};  // sums of the recent samples
  Duration own_{};
  std::uint32_t handlers_ = 0;
  std::uint32_t rest_ = 0;  // busy samples until the loop yields again
  bool gives_ = false;
};

}  // namespace ofn
