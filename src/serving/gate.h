// How many calls run at a time, and who waits.
//
//   switch (gate.enter(waiter)) { case Gate::Entry::kIn: run(); … }
//   gate.leave();
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "loop/loop.h"

namespace ofn {

// One for the whole program: the limit holds over all its loops.
//
// Threads: any. Cost: one atomic operation to enter and one to leave while there is room; a lock beyond it.
class Gate {
 public:
  // Somebody who waits for a slot. Lifetime: until admitted() ran, or forget() returned true.
  class Waiter {
   public:
    virtual Loop& loop() = 0;
    // A slot is taken for the waiter. Runs on its loop.
    virtual void admitted() = 0;

   protected:
    ~Waiter() = default;
  };

  enum class Entry {
    kIn,       // a slot is taken: leave() gives it back
    kWaiting,  // admitted() will run, in order of arrival
    kFull,     // as many run and wait as may, or there is no memory
  };

  // `out_of_memory`: nobody enters while it says so. Called from any thread, in a few instructions.
  Gate(std::size_t concurrency, std::size_t queue, std::function<bool()> out_of_memory = {})
      : concurrency_(concurrency), queue_(queue), out_of_memory_(std::move(out_of_memory)) {}

  Entry enter(Waiter& waiter);
  // Gives a slot back: the first that waits gets it.
  void leave();
  // Stops waiting. False: too late, admitted() will run (or has run).
  bool forget(Waiter& waiter);

  // `callback` runs on `loop` as soon as no slot is taken: at once, if none is. For the end of the process.
  void when_empty(Loop& loop, std::function<void()> callback);

  std::size_t in_use() const { return in_use_; }
  std::size_t waiting() const { return waiting_count_; }

 private:
  bool try_take();
  void admit_waiting();

  const std::size_t concurrency_;
  const std::size_t queue_;
  const std::function<bool()> out_of_memory_;
  std::atomic<std::size_t> in_use_ = 0;
  std::atomic<std::size_t> waiting_count_ = 0;  // of waiting_, readable without the lock
  std::atomic<bool> somebody_wants_empty_ = false;
  std::mutex mutex_;
  std::deque<Waiter*> waiting_;
  std::function<void()> when_empty_;
};

}  // namespace ofn
