// Runs loops on threads, and passes a loop on to a standby thread when a function does not return.
//
//   LoopThreads threads(loops);
//   threads.wait();                 // until somebody stops the first loop
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

#include "loop/loop.h"
#include "loop/watchdog.h"
#include "loop/workers.h"

namespace ofn {

// Leader and followers: one thread at a time serves each loop. If a function stays on that thread
// for longer than a tick of the watchdog, a standby thread serves the loop from then on. When the
// function returns, its thread becomes a standby. Standbys that are not needed end.
//
// Lifetime: the loops outlive it. The destructor stops them and waits for all threads, including
// those that are still in a function. If a function may never return, the process must end without
// destroying this object.
class LoopThreads {
 public:
  // Starts all of `loops`. Check all_run() afterwards.
  explicit LoopThreads(std::span<Loop* const> loops);
  // Returns false if the system grants fewer threads than there are loops.
  bool all_run() const { return all_run_; }
  LoopThreads(const LoopThreads&) = delete;
  LoopThreads& operator=(const LoopThreads&) = delete;
  ~LoopThreads();

  // Returns when the first loop has been stopped. The calling thread runs no loop, so no function
  // can block it.
  void wait();
  // How often a loop was taken over. Threads: any.
  std::uint64_t taken_over() const;

 private:
  bool run(Loop& loop);

  std::vector<Loop*> loops_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool first_stopped_ = false;
  bool all_run_ = true;
  Watchdog watchdog_;
  // Unlimited, because it needs a thread for each function that does not return; the limit on
  // admitted calls bounds their number.
  Workers threads_{std::numeric_limits<std::size_t>::max(), std::chrono::seconds(10), "ofn-loop"};
};

}  // namespace ofn
