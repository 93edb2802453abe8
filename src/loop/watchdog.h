// Sees that an author's function stays on a loop's thread, and has the loop taken over.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace ofn {

class Loop;

// Looks at its loops every kTick. A call that it sees twice has run for one to two ticks: the loop is taken from its
// thread. Looking needs no clock, and no word from the loops but a counter each.
//
// Lifetime: its loops outlive it; made before they run, destroyed after their last run. Threads: its own, started by the first call;
// expect_look() from any loop's.
// Cost: parked when no call began for kQuietLooks ticks: nothing runs then. A wake-up a tick otherwise.
class Watchdog {
 public:
  static constexpr std::chrono::milliseconds kTick{1};
  static constexpr int kQuietLooks = 16;

  // `take_over` has another thread run the loop. Threads: the watchdog's, or that of a call which releases it.
  Watchdog(std::span<Loop* const> loops, std::function<void(Loop&)> take_over);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();
  // Takes no loop over any more; from here on loops may still call it. Threads: the one that made it.
  void stop();

  // A call begins: there is something to look at.
  void expect_look() {
    if (parked_) wake();
  }
  // The call releases the loop of its own accord. Threads: the call's.
  void pass_on(Loop& loop) { take_over_(loop); }
  // One look at all loops; returns true if calls have begun since the last one. What the thread does every tick; public
  // for tests.
  bool look();

 private:
  struct Seen {
    Loop* loop;
    std::uint64_t visits;
  };

  void wake();
  void serve();
  bool nobody_inside() const;

  std::vector<Seen> seen_;
  std::function<void(Loop&)> take_over_;
  // Written before the visits are looked at once more, as a loop counts its visit before it reads this: one of the two
  // sees the other.
  std::atomic<bool> parked_ = true;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ofn
