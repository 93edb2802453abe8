// The threads on which functions run that a test has begun by start(), so that a function that waits returns the turn to the test. One runs at
// a time: the test's thread, or one of these.
//
//   FunctionThreads threads;
//   bool is_there = false;
//   if (!threads.post([&] { threads.wait([&] { return is_there; }); })) complain();   // it has ended, or waits
//   is_there = true;
//   threads.go_on();                                                                  // the task ends
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "loop/loop.h"
#include "loop/workers.h"

namespace ofn::kit {

// Lifetime: every task has ended before it is destroyed. Threads: the test's, unless said otherwise. Cost: two changes of thread a turn.
class FunctionThreads {
 public:
  FunctionThreads() = default;
  FunctionThreads(const FunctionThreads&) = delete;
  FunctionThreads& operator=(const FunctionThreads&) = delete;

  // Runs the task on a thread of its own, and returns when it has ended or waits. Errors: false if the system grants no thread.
  [[nodiscard]] bool post(Task&& task);
  // Lets one task go on whose wait is over, until it has ended or waits again. Returns false if there is none.
  bool go_on();
  // Returns true on the thread of a task.
  bool is_here() const { return running_ != nullptr; }
  // The test has the turn until `done` returns true; `done` runs on the test's thread. Threads: a task's.
  void wait(const std::function<bool()>& done);

 private:
  // A task's turn. Lifetime: its thread's.
  struct Turn {
    Task task;
    std::condition_variable given;
    const std::function<bool()>* done = nullptr;
  };
  void give(Turn& turn);

  std::mutex mutex_;
  std::condition_variable back_;
  Turn* running_ = nullptr;  // null: the test's thread runs
  std::vector<Turn*> waiting_;
  static constexpr std::size_t kMost = 1000;
  Workers threads_{kMost};
};

}  // namespace ofn::kit
