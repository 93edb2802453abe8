// Limits how many calls run at the same time, and lets others wait.
//
//   switch (gate.enter(waiter)) { case Gate::Entry::kIn: … }
//   if (gate.waits_for_memory(waiter)) return;     // before the function runs; admitted() will run once more
//   gate.leave();
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "loop/loop.h"
#include "os/memory_reserve.h"
#include "wire/memory_account.h"

namespace ofn {

// One gate for the whole program: the limit holds for all loops together.
//
// The account counts the memory of an answer only when the call has answered. Many calls that were admitted together could answer
// more than fits into memory. Therefore each call checks the account again with waits_for_memory() just before its function runs.
//
// Threads: any. Cost: while slots are free, one atomic operation to enter and one to leave; a lock if calls wait.
class Gate {
 public:
  // A call that waits for a slot. Lifetime: until admitted() has run, or forget() has returned true.
  class Waiter {
   public:
    virtual Loop& loop() = 0;
    // The gate calls this on the waiter's loop after it has taken a slot for the waiter.
    virtual void admitted() = 0;

   protected:
    virtual ~Waiter() = default;

   private:
    friend class Gate;
    std::uint64_t place_ = 0;  // the order of waiters that gave a slot back; 0 for all others
  };

  enum class Entry {
    kIn,       // a slot is taken: leave() gives it back
    kWaiting,  // admitted() will run, in order of arrival
    kFull,     // all slots and all places in the queue are taken, or there is no memory
  };

  // While `account` is exhausted, calls wait. While `no_memory()` returns true, enter() returns kFull. Any thread may call
  // `no_memory`.
  Gate(std::size_t concurrency, std::size_t queue, wire::MemoryAccount* account = nullptr,
       bool (*no_memory)() = os::memory_is_short);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  Entry enter(Waiter& waiter);
  // Returns true if the account is exhausted. Then the gate has taken the waiter's slot back, and the waiter waits before all
  // that came later.
  bool waits_for_memory(Waiter& waiter);
  // Gives a slot back. The first waiter gets it.
  void leave();
  // Removes the waiter from the queue. Returns false if it is too late: admitted() will run or has run.
  bool forget(Waiter& waiter);

  // Posts `callback` to `loop` as soon as no slot is taken and no call waits; at once, if that is so now. It is for the end of
  // the process.
  void when_empty(Loop& loop, std::function<void()> callback);

  // The account of the memory that peers hold; may be null.
  // Returns true if the account is exhausted, even without `own` of the bytes that it counts. Threads: any.
  bool is_short(std::size_t own = 0) const {
    return account_ != nullptr && account_->exhausted(own);
  }
  wire::MemoryAccount* account() const { return account_; }
  std::size_t in_use() const { return in_use_; }
  std::size_t waiting() const { return waiting_count_; }
  std::size_t limit() const { return concurrency_; }
  std::size_t queue_limit() const { return queue_; }

 private:
  // The gate admits at most this many waiters at a time: after they have taken memory, the account tells whether there is room
  // for more.
  static constexpr int kAdmittedAtOnce = 8;

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
