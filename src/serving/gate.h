// How many calls run at a time, and who waits.
//
//   switch (gate.enter(waiter)) { case Gate::Entry::kIn: … }
//   if (gate.waits_for_memory(waiter)) return;     // before the call begins; admitted() runs once more
//   gate.leave();
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "loop/loop.h"

namespace ofn {

// One for the whole program: the limit holds over all its loops.
//
// What calls answer is counted when they have answered. So that many calls that were let in together do not answer more than
// there is memory for, each is asked once more when it is about to begin.
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
    virtual ~Waiter() = default;

   private:
    friend class Gate;
    std::uint64_t place_ = 0;  // among those that gave a slot back; 0: it has given none back
  };

  // What there is for calls to begin with.
  enum class Memory : std::uint8_t {
    kEnough,
    kShort,  // answers that wait for their readers take more than there is: calls wait until it is given back
    kNone,  // the process has none left
  };

  enum class Entry {
    kIn,       // a slot is taken: leave() gives it back
    kWaiting,  // admitted() will run, in order of arrival
    kFull,     // as many run and wait as may, or there is no memory
  };

  // `memory` is called from any thread, in a few instructions.
  Gate(std::size_t concurrency, std::size_t queue, std::function<Memory()> memory = {})
      : concurrency_(concurrency), queue_(queue), memory_(std::move(memory)) {}

  Entry enter(Waiter& waiter);
  // Returns true if memory is short: the waiter's slot is given back, and it waits before all that came later.
  bool waits_for_memory(Waiter& waiter);
  // Memory is no longer short: who waits for it goes on.
  void memory_returned();
  // Gives a slot back: the first that waits gets it.
  void leave();
  // Stops waiting. False: too late, admitted() will run (or has run).
  bool forget(Waiter& waiter);

  // `callback` runs on `loop` as soon as no slot is taken and nobody waits: at once, if so. For the end of the process.
  void when_empty(Loop& loop, std::function<void()> callback);

  std::size_t in_use() const { return in_use_; }
  std::size_t waiting() const { return waiting_count_; }

 private:
  // Of those that wait, so many get a slot at a time: what the first ones answer tells whether there is memory for more.
  static constexpr int kAdmittedAtOnce = 8;

  bool is_short() const { return memory_ && memory_() == Memory::kShort; }
  bool try_take();
  void admit_waiting();
  void tell_if_empty();

  const std::size_t concurrency_;
  const std::size_t queue_;
  const std::function<Memory()> memory_;
  std::atomic<std::size_t> in_use_ = 0;
  std::atomic<std::size_t> waiting_count_ = 0;  // of waiting_, readable without the lock
  std::atomic<bool> somebody_wants_empty_ = false;
  std::mutex mutex_;
  std::deque<Waiter*> waiting_;
  std::uint64_t places_ = 0;
  std::function<void()> when_empty_;
};

}  // namespace ofn
