// One event loop: a thread, a reactor, the loop's timers and its queue of ready items.
//
//   Loop loop(clock);
//   Timer timer(loop, [] { … });
//   timer.arm(clock.now() + 10s);
//   loop.run();
//
// Everything that belongs to a loop (connections, sessions, exchanges, channels) is used on its
// thread only. Other threads reach it by post(). The thread may change: if an author's function
// runs too long on it, a standby thread takes the loop over (loop/loop_threads.h).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "loop/yield_policy.h"

namespace ofn {

class Loop;
class Watch;
class Watchdog;

using Task = std::move_only_function<void()>;

// An item that runs on its loop soon, after the current handler has returned. It is intrusive:
// queueing allocates nothing. Lifetime: the destructor takes it out of the queue. Threads: the
// loop's.
class Ready {
 public:
  Ready() = default;
  Ready(const Ready&) = delete;
  Ready& operator=(const Ready&) = delete;
  virtual ~Ready();

 private:
  friend class Loop;
  struct Queue {
    Ready* first = nullptr;
    Ready* last = nullptr;
  };
  void unqueue();

  virtual void run_ready() = 0;
  Queue* queue_ = nullptr;  // the queue that contains it
  Ready* previous_ = nullptr;
  Ready* next_ = nullptr;
};

// A call of an author's function that Loop::run_preemptible() runs on the loop's own thread. If it takes too long, another
// thread takes the loop over.
class PreemptibleCall {
 public:
  // May touch nothing that belongs to the loop.
  virtual void run_call() = 0;
  // Called if another thread has taken the loop over while run_call() continues. Threads: the
  // loop's new one, before anything else runs there.
  virtual void on_loop_taken_over() = 0;

 protected:
  ~PreemptibleCall() = default;
};

// Decides whether time limits count at present. They do not while a developer has stopped the program in a debugger
// (loop/debugger_watch.h).
class TimeLimits {
 public:
  // Threads: those of the loop, and the watchdog's.
  virtual bool are_off() const = 0;

 protected:
  ~TimeLimits() = default;
};

// Calls a function at a set time. Cost: moving an armed timer to a later time only stores the new
// time, so a timeout that every request pushes back costs nothing. Threads: the loop's.
class Timer {
 public:
  // `on_fire` runs on the loop once the time has come, unless the timer was disarmed or armed for a
  // later time. It may destroy the timer as its last act.
  Timer(Loop& loop, std::function<void()> on_fire);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  void arm(SteadyTime due);
  void disarm() { due_ = SteadyTime::max(); }
  bool armed() const { return due_ != SteadyTime::max(); }

 protected:
  enum class Kind : std::uint8_t { kPlain, kLimit };
  Timer(Loop& loop, std::function<void()> on_fire, Kind kind);

 private:
  friend class Loop;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  Loop& loop_;
  std::function<void()> on_fire_;
  SteadyTime due_ = SteadyTime::max();  // when it is to fire
  SteadyTime queued_ =
      SteadyTime::max();          // its key in the loop's heap: never later than due_ while armed
  std::size_t index_ = kNowhere;  // its index in the loop's heap
  Kind kind_;
};

// A timer for a time limit: for what happens only if somebody takes too long. If time limits are off when the time has come, it
// looks again every kLooksAgain, and `on_pass` runs when they count again.
class TimeLimit final : public Timer {
 public:
  static constexpr std::chrono::seconds kLooksAgain{1};

  TimeLimit(Loop& loop, std::function<void()> on_pass)
      : Timer(loop, std::move(on_pass), Kind::kLimit) {}
};

class Loop {
 public:
  // `clock` decides when timers fire. With a clock that stands still (in tests), poll() fires the
  // timers that are due by that clock.
  explicit Loop(const Clock& clock);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Runs `task` on the loop's thread, in order of posting. Threads: any.
  void post(Task task);
  // Runs `item` once, after the current handler and after the items queued before it. Does nothing if it is queued already.
  // Threads: the loop's.
  void run_soon(Ready& item) {
    if (item.queue_ == nullptr) enqueue(item, ready_);
  }
  // Runs `item` once, after the handlers of everything that the reactor has reported so far. It is for work that many handlers
  // add to and that one act finishes, such as writing to a connection that they share. If the handlers take long, the item runs
  // between them: it waits for at most kEndOfTurnWaits and the handler that runs then. Does nothing if the item is queued
  // already. An item that queues itself again waits for the next report. Threads: the loop's.
  void run_at_end_of_turn(Ready& item) {
    if (item.queue_ != nullptr) return;
    if (end_of_turn_->first == nullptr) end_of_turn_since_ = now();
    enqueue(item, *end_of_turn_);
  }

  // Runs `call` at once. Returns false if another thread has taken the loop over; this thread may
  // then only post. Call it in the turn of a Ready, as its last act except for reactions to the
  // result. Threads: the loop's. Cost: two atomic operations.
  bool run_preemptible(PreemptibleCall& call);
  // Returns true if a call that run_preemptible() runs can give the loop to another thread by
  // release().
  bool can_be_released() const { return watchdog_ != nullptr && lost_ != &not_lost_; }
  // Gives the loop to another thread at once. It is for a call that is going to wait for the loop;
  // the call may only post from then on. Does nothing on any other thread. Threads: any; on the
  // loop's thread only inside run_call().
  void release();

  // Serves until stop() (returns true) or until another thread has taken the loop over (returns
  // false). The calling thread is the loop's thread until then.
  bool run();
  // Serves until `done` returns true; it is called after each handler. For the start of a program,
  // before run().
  void run_until(const std::function<bool()>& done);
  // Items that are ready still run. Threads: any.
  void stop();
  // Runs everything that is ready or due now, without waiting. Returns true if anything ran. For
  // tests and the program's start.
  bool poll();
  bool in_loop() const;
  // Returns true if the loop is waiting. On another thread the result is only an estimate. Threads:
  // any.
  bool is_idle() const { return waits_.load(std::memory_order_relaxed); }
  // Returns how often another thread has taken the loop over. Threads: any.
  std::uint64_t taken_over() const { return taken_over_.load(std::memory_order_relaxed); }

  // Returns the time at which the current handler began, or at which it last called refresh(). Time
  // limits count from it. Cost: one read of the clock for each handler, however often now() is
  // called. Threads: the loop's.
  SteadyTime now() { return now_ == SteadyTime::min() ? refresh() : now_; }
  // Reads the clock again. Call it after work that took time, such as a function.
  SteadyTime refresh() {
    others_ran_ = false;
    return now_ = latest_ = clock_.now();
  }
  // Returns the time at which the current Ready's turn began: now(), or a new reading if other
  // items, which may have taken long, have run since the last reading. Threads: the loop's.
  SteadyTime turn_began() { return others_ran_ ? refresh() : now(); }
  // Returns the wall-clock time of now(). A change of the system's time shows within a second.
  SystemTime system_now();

  // From now on `limits` decides whether time limits count; without it they always do. It outlives the loop's last run. Call it
  // before the loop runs.
  void set_time_limits(const TimeLimits* limits) { time_limits_ = limits; }
  bool limits_are_off() const { return time_limits_ != nullptr && time_limits_->are_off(); }
  // Returns `deadline`, or one that never passes if time limits are off.
  Deadline in_force(Deadline deadline) const {
    return limits_are_off() ? Deadline::never() : deadline;
  }

  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  // Runs the items that run_soon() has queued. The loop calls it after each handler, when no frame
  // of the reactor is on the stack; tests may call it too. Returns false if another thread has
  // taken the loop over.
  bool run_ready();
  static constexpr std::chrono::microseconds kEndOfTurnWaits{100};
  // Memory that any handler may use until it returns, for bytes just read: 64 KiB.
  static constexpr std::size_t kScratchSize = std::size_t{64} * 1024;
  char* scratch() { return scratch_.get(); }

 private:
  friend class Timer;
  friend class Watch;
  friend class Watchdog;
  struct Reactor;

  enum class Wait : std::uint8_t { kNo, kYes };
  // Runs the next handler of the reactor; Wait::kYes: waits for one. Returns false if there is none, or stop() was called.
  bool run_handler(Wait wait);
  // Returns true if the items of run_at_end_of_turn() should run now: all handlers that are due have run, or kEndOfTurnWaits has
  // passed.
  bool end_of_turn_is_due() const;
  // Dispatches one event of the reactor. Returns false if its watch no longer exists.
  bool handle_event();
  // Waits until something happens. Before that it lets other threads run if the yield policy says
  // so.
  void wait();
  static void enqueue(Ready& item, Ready::Queue& queue);
  void place(Timer& timer, std::size_t index);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);
  void enqueue(Timer& timer);
  void remove(Timer& timer);
  void fire_due();
  void wake_for_timers(Duration at_least = {});

  // The alarm follows the kernel's clock. It comes too early if the loop's clock stands still, as in tests. Without a pause it would
  // then come again at once, for ever.
  static constexpr Duration kAfterEarlyAlarm = std::chrono::milliseconds(1);

  const Clock& clock_;
  SteadyTime now_ = SteadyTime::min();         // min(): not read yet
  SteadyTime latest_{};                        // the last reading
  bool others_ran_ = false;                    // since the last reading
  SteadyTime system_due_ = SteadyTime::min();  // when the wall clock must be read again
  SystemTime system_read_{};                   // its last reading
  SteadyTime system_read_at_{};
  Random random_;
  std::unique_ptr<Reactor> reactor_;
  std::atomic<std::thread::id> thread_;  // the thread that serves the loop
  SteadyTime alarm_at_ = SteadyTime::max();
  std::unique_ptr<char[]> scratch_;
  std::vector<Timer*> heap_;
  Ready::Queue ready_;
  // The items that run_at_end_of_turn() has queued, and those of them that are due, which run
  // before ready_. The two queues change roles.
  std::array<Ready::Queue, 2> end_of_turn_queues_;
  Ready::Queue* end_of_turn_ = end_of_turn_queues_.data();
  Ready::Queue* due_ = end_of_turn_ + 1;
  SteadyTime end_of_turn_since_{};  // when the first item of end_of_turn_ was queued
  bool end_of_turn_ran_ = false;    // since the reactor's last look

  YieldPolicy yield_policy_;
  std::atomic<bool> waits_ = false;

  const TimeLimits* time_limits_ = nullptr;
  Watchdog* watchdog_ = nullptr;
  PreemptibleCall* call_ = nullptr;  // the call that run_preemptible() runs
  // Counts the beginnings and ends of calls, so it is odd while a call runs. The thread that
  // increments it from odd to even owns the loop: the call's thread, or the watchdog.
  std::atomic<std::uint64_t> visits_ = 0;
  std::atomic<std::uint64_t> taken_over_ = 0;
  bool not_lost_ = false;
  bool* lost_ = &not_lost_;  // the serving thread's flag: true if the loop was taken from it
};

}  // namespace ofn
