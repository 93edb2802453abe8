// Notices an author's function that stays on a loop's thread, and has another thread take the loop
// over.
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

// Looks at its loops every kTick. A call that it sees in two consecutive looks has run for one to
// two ticks; then it takes the loop from the call's thread. It needs no clock, and only one counter
// from each loop.
// Lifetime: the loops outlive it. Make it before they run, and destroy it after they have run for
// the last time.
// Threads: its own, which the first call starts; expect_look() may be called on any loop's thread.
// Cost: one wake-up for each tick. If no call has begun for kQuietLooks ticks it is parked: then
// nothing runs.
class Watchdog {
 public:
  static constexpr std::chrono::milliseconds kTick{1};
  static constexpr int kQuietLooks = 16;

  // `take_over` makes another thread run the loop. Threads: the watchdog's, or that of a call that
  // releases its loop.
  Watchdog(std::span<Loop* const> loops, std::function<void(Loop&)> take_over);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();
  // Takes no more loops over. The loops may still call this object. Threads: the one that made it.
  void stop();

  // Call this when a call begins, so that the watchdog looks at the loops.
  void expect_look() {
    if (parked_) wake();
  }
  // Call this when a call releases its loop itself. Threads: the call's.
  void pass_on(Loop& loop);
  // Looks at all loops once, as the thread does every tick. Returns true if calls have begun since
  // the last look. Public for tests.
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
  // It is written before the thread reads the visits again, and a loop counts its visit before it
  // reads this. So at least one of the two sees the other's write.
  std::atomic<bool> parked_ = true;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ofn
