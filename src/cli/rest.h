// Returns freed memory to the system when the work that needed it is over: after many connections have closed, and after a flood
// of small requests. The memory of large bodies goes back sooner (Host::large_body_done).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "loop/loop.h"
#include "loop/workers.h"

namespace ofn::cli {

// The result of one check: wait for the next check, return memory, or stop checking.
enum class RestAct { kNothing, kGiveBack, kStop };

// Decides when it is worthwhile to return memory. It has no clock: its owner calls look() once for each check.
//
// Memory is returned if at least kWorth more is resident than after the last return, and no more than at the check before: then
// the work does not need more memory, or is over. If the returned memory is resident again at the next check, the work needs it.
// Then the policy skips checks before it returns memory again, and skips twice as many each time, up to kMostPasses.
//
// Free memory stays resident until it is returned. So without connections the policy compares with the last time without
// connections: memory that was in use at the last return may be free now.
class RestPolicy {
 public:
  static constexpr std::size_t kWorth = std::size_t{4} * 1024 * 1024;
  static constexpr int kMostPasses = 32;

  // `resident`: the resident memory that is not backed by a file, in bytes. `busy`: true if connections are open.
  RestAct look(std::size_t resident, bool busy);
  // Sets the baselines: call this with the resident memory at the start, and after each return.
  void given_back(std::size_t resident);

 private:
  std::size_t least_ = 0;    // after the last return
  std::size_t at_rest_ = 0;  // after the last return without connections that returned little
  std::size_t last_ = 0;
  bool busy_ = false;
  int passes_ = 0;  // checks that are still to be skipped
  int next_passes_ = 1;
};

// Returns the free memory at the end of the arenas that workers have used, also of workers that have ended: it makes so many workers
// meet that each arena has one of them. Then calls return_scattered_memory(). Returns before that is done. Threads: any.
void return_memory_of_workers(Workers& workers);

// Lifetime: ends before the loop. Threads: the loop's. Cost: while connections are open, it reads one small file every two
// seconds; without connections, nothing.
class Rest {
 public:
  static constexpr std::chrono::seconds kLookEvery{2};

  // `busy` returns true if connections are open. `give_back` makes all threads return the free memory that they keep.
  Rest(Loop& loop, std::function<bool()> busy, std::function<void()> give_back);

  // Starts the checks. Call this when a connection is accepted.
  void expect() {
    if (!timer_.armed()) timer_.arm(loop_.now() + kLookEvery);
  }

 private:
  void look();

  Loop& loop_;
  std::function<bool()> busy_;
  std::function<void()> give_back_;
  RestPolicy policy_;
  Timer timer_;
};

}  // namespace ofn::cli
