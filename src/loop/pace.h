// Where a function runs is decided by how it behaves: on its loop's own thread with no hand-over
// while it is measured to be short, on a worker otherwise
// (docs/decisions/0004-run-where-measured.md). So is how much memory is kept for its answers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace ofn {

// The memory of one function on one loop. Threads: the loop's.
//
// Unknown means slow: the first calls go to workers. After kStreak consecutive calls under kShort
// the function moves inline; one call over kLong, or one that the watchdog had to free the loop from, moves it out at
// once. The recent maximum decides, not the mean: a single long call stalls every connection of the loop.
class Pace {
 public:
  static constexpr int kStreak = 64;
  static constexpr std::chrono::microseconds kShort{50};
  static constexpr std::chrono::microseconds kLong{100};

  bool runs_inline() const { return streak_ >= kStreak; }
  // What a call may take: the longest of the recent ones, which is forgotten by an eighth with each call.
  Duration estimate() const { return estimate_; }

  void record(Duration took) {
    estimate_ = std::max(took, estimate_ - estimate_ / 8);
    if (took > kLong || (took >= kShort && streak_ < kStreak)) {
      streak_ = 0;
    } else if (streak_ < kStreak) {
      ++streak_;
    }
  }
  // The bytes that a call may answer: the most of the recent ones, likewise.
  std::size_t answer_estimate() const { return answer_estimate_; }
  void record_answer(std::size_t bytes) {
    answer_estimate_ = std::max(bytes, answer_estimate_ - answer_estimate_ / 8);
  }
  // A call inline stays, and has cost its thread the loop.
  void on_loop_taken_over() { streak_ = 0; }

 private:
  int streak_ = 0;
  Duration estimate_{};
  std::size_t answer_estimate_ = 0;
};

}  // namespace ofn
