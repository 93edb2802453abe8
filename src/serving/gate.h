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

#include "base/memory_reserve.h"
#include "loop/loop.h"
#include "wire/memory_account.h"

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

  enum class Entry {
    kIn,       // a slot is taken: leave() gives it back
    kWaiting,  // admitted() will run, in order of arrival
    kFull,     // as many run and wait as may, or there is no memory
  };

  // While `account` is exhausted calls wait. While `no_memory()` (called from any thread) nobody enters at all.
  Gate(std::size_t concurrency, std::size_t queue, wire::MemoryAccount* account = nullptr,
       bool (*no_memory)() = memory_is_short);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  Entry enter(Waiter& waiter);
  // Returns true if the account is exhausted: the waiter's slot is given back, and it waits before all that came later.
  bool waits_for_memory(Waiter& waiter);
  // Gives a slot back: the first that waits gets it.
  void leave();
  // Stops waiting. False: too late, admitted() will run (or has run).
  bool forget(Waiter& waiter);

  // `callback` runs on `loop` as soon as no slot is taken and nobody waits: at once, if so. For the end of the process.
  void when_empty(Loop& loop, std::function<void()> callback);

  // Of the memory that peers hold; may be null.
  wire::MemoryAccount* account() const { return account_; }
  std::size_t in_use() const { return in_use_; }
  std::size_t waiting() const { return waiting_count_; }

 private:
  // Of those that wait, so many get a slot at a time: what the first ones take tells whether there is memory for more.
  static constexpr int kAdmittedAtOnce = 8;

  bool is_short() const { return account_ != nullptr && account_->exhausted(); }
  void memory_returned();
  bool try_take();
  void admit_waiting();
  void tell_if_empty();

  const std::size_t concurrency_;
  const std::size_t queue_;
  wire::MemoryAccount* const account_;
  bool (*const no_memory_)();
  std::atomic<std::size_t> in_use_ = 0;
  std::atomic<std::size_t> waiting_count_ = 0;  // of waiting_, readable without the lock
  std::atomic<bool> somebody_wants_empty_ = false;
  std::mutex mutex_;
  std::deque<Waiter*> waiting_;
  std::uint64_t places_ = 0;
  std::function<void()> when_empty_;
};

}  // namespace ofn
