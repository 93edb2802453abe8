// Decides from measurements where a function runs: on its loop's own thread while it is short,
// otherwise on a worker (docs/decisions/0004-run-where-measured.md). It also estimates the memory
// for the function's answers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace ofn {

// The measurements of one function on one loop. Threads: the loop's.
//
// A new function counts as slow, so its first calls run on workers. After kStreak consecutive calls
// under kShort the function runs inline. One call over kLong, or one call that kept the loop so
// long that the watchdog took it over, moves the function back to workers at once. The recent
// maximum decides, not the mean: a single long call stalls every connection of the loop.
class InlinePolicy {
 public:
  static constexpr int kStreak = 64;
  static constexpr std::chrono::microseconds kShort{50};
  static constexpr std::chrono::microseconds kLong{100};

  bool runs_inline() const { return streak_ >= kStreak; }
  // The expected time of a call: the longest of the recent ones. It shrinks by an eighth with each
  // call.
  Duration estimate() const { return estimate_; }

  void record(Duration took) {
    estimate_ = std::max(took, estimate_ - estimate_ / 8);
    if (took > kLong || (took >= kShort && streak_ < kStreak)) {
      streak_ = 0;
    } else if (streak_ < kStreak) {
      ++streak_;
    }
  }
  // The expected bytes of a call's answer, computed in the same way.
  std::size_t answer_estimate() const { return answer_estimate_; }
  void record_answer(std::size_t bytes) {
    answer_estimate_ = std::max(bytes, answer_estimate_ - answer_estimate_ / 8);
  }
  // Call this when an inline call ran so long that another thread took over the loop.
  void on_loop_taken_over() { streak_ = 0; }

 private:
  int streak_ = 0;
  Duration estimate_{};
  std::size_t answer_estimate_ = 0;
};

}  // namespace ofn
