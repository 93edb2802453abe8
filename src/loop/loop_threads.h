// Runs loops on threads, and passes a loop on to a standby thread when a function does not return.
//
//   LoopThreads threads(loops);
//   threads.wait();                 // until somebody stops the first loop
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

#include "loop/loop.h"
#include "loop/watchdog.h"
#include "loop/workers.h"

namespace ofn {

// Leader and followers: each loop is served by one thread at a time. A function that stays on it for longer than a tick
// of the watchdog keeps the thread, and a standby thread serves the loop from then on. The first thread, when the
// function returns at last, becomes a standby itself; standbys that are not needed retire.
//
// Lifetime: the loops outlive it. The destructor stops them and waits for their threads, also for those that are still
//   in a function: where one may never return, the process ends without destroying it.
class LoopThreads {
 public:
  // Every one of `loops` runs from now on, where all_run().
  explicit LoopThreads(std::span<Loop* const> loops);
  // False: the system grants fewer threads than there are loops.
  bool all_run() const { return all_run_; }
  LoopThreads(const LoopThreads&) = delete;
  LoopThreads& operator=(const LoopThreads&) = delete;
  ~LoopThreads();

  // Returns when the first loop was stopped. The caller's thread runs no loop, so that it can never be kept by a
  // function.
  void wait();
  // How often a loop was taken over. Threads: any.
  std::size_t taken_over() const { return taken_over_; }

 private:
  bool run(Loop& loop);

  std::vector<Loop*> loops_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool first_stopped_ = false;
  bool all_run_ = true;
  std::atomic<std::size_t> taken_over_ = 0;
  Watchdog watchdog_;
  // As many as there are functions that stay: their number is limited where calls are admitted.
  Workers threads_{std::numeric_limits<std::size_t>::max(), std::chrono::seconds(10), "ofn-loop"};
};

}  // namespace ofn
