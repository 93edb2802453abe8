// Whether a loop lets other threads run before it sleeps.
#pragma once

#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace ofn {

// A busy loop that goes to sleep is woken by the next request, and often preempts the very thread that was about to bring
// more: it handles them one at a time, with two switches between threads for each. A loop that first gives way, once, to
// whoever waits for its processor finds what they brought meanwhile, and handles it together (docs/performance.md has the
// measurement). A thread that only computes would take a whole slice of the processor each time, where a loop that sleeps
// would have preempted it: where others take much more than the loop itself, they are given way rarely.
//
// Lifetime: one per loop. Threads: the loop's. Cost: a clock read in kSample handlers, and two each time it gives way. A
// loop that is not busy never gives way.
class YieldPolicy {
 public:
  // This many handlers are one sample; within kBusy: the loop is busy.
  static constexpr std::uint32_t kSample = 256;
  static constexpr Duration kBusy = std::chrono::milliseconds(50);
  // Others may take this many times what the loop takes, and at most kBusy in one sample.
  static constexpr int kShare = 3;
  // A sample counts for about as many samples.
  static constexpr int kRecent = 8;
  // Else this many busy samples pass before they are given way again.
  static constexpr std::uint32_t kRest = 16;

  explicit YieldPolicy(SteadyTime now) : began_(now) {}

  // A handler is about to run.
  void handled(const Clock& clock) {
    if (++handlers_ == kSample) sample(clock.now());
  }
  // It is worth giving way before the loop sleeps.
  bool due() const { return gives_; }
  // It has given way for that long.
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
    // One sample says little: whoever has the processor keeps it for a whole slice.
    others_ += given - others_ / kRecent;
    own_ += took - given - own_ / kRecent;
    if (given > Duration::zero() && others_ > kShare * own_) rest_ = kRest;
    const bool busy = took < kBusy;
    if (busy && rest_ > 0) --rest_;
    gives_ = busy && rest_ == 0;
  }

  SteadyTime began_;   // the present sample
  Duration given_{};   // within it
  Duration others_{};  // sums of the recent samples
  Duration own_{};
  std::uint32_t handlers_ = 0;
  std::uint32_t rest_ = 0;  // busy samples until the others are given way again
  bool gives_ = false;
};

}  // namespace ofn
