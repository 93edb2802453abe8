// One event loop: one thread, one reactor, its timers and its queue of what is ready.
//
//   Loop loop(clock);
//   Timer timer(loop, [] { … });
//   timer.arm(clock.now() + 10s);
//   loop.run();
//
// Everything that belongs to a loop (connections, sessions, exchanges, channels) is touched by its
// thread only; other threads reach it by post(). Which thread that is may change: where an author's
// function that runs on it stays for long, a standby thread takes the loop over (loop/loop_threads.h).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "loop/yield_policy.h"

namespace ofn {

class Loop;
class Watch;
class Watchdog;

using Task = std::move_only_function<void()>;

// Something that runs soon on its loop, after what is running now has returned. Intrusive: queueing
// allocates nothing. Lifetime: the destructor takes it out of the queue. Threads: the loop's.
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
  Queue* queue_ = nullptr;  // that it waits in
  Ready* previous_ = nullptr;
  Ready* next_ = nullptr;
};

// A call of an author's function that Loop::run_preemptible() runs on the loop's own thread. If it takes too long, another
// thread takes the loop over.
class PreemptibleCall {
 public:
  // Touches nothing that belongs to the loop.
  virtual void run_call() = 0;
  // Another thread has taken the loop over while run_call() goes on. Threads: the loop's new one, before anything else runs
  // there.
  virtual void on_loop_taken_over() = 0;

 protected:
  ~PreemptibleCall() = default;
};

// A member of whatever waits for a moment. Cost: arming later than an armed moment only stores the
// new one, so a timeout that is pushed back with every request costs nothing. Threads: the loop's.
class Timer {
 public:
  // `on_fire` runs on the loop, when the moment has come and the timer was neither disarmed nor
  // armed later. It may destroy the timer as its last act.
  Timer(Loop& loop, std::function<void()> on_fire);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  void arm(SteadyTime due);
  void disarm() { due_ = SteadyTime::max(); }
  bool armed() const { return due_ != SteadyTime::max(); }

 private:
  friend class Loop;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  Loop& loop_;
  std::function<void()> on_fire_;
  SteadyTime due_ = SteadyTime::max();  // when it shall fire
  SteadyTime queued_ =
      SteadyTime::max();          // its key in the loop's heap: never later than due_ while armed
  std::size_t index_ = kNowhere;  // its place in the loop's heap
};

class Loop {
 public:
  // `clock` decides when timers fire. With a clock that stands still (tests), poll() fires what it
  // makes due.
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

  // Runs `call` at once. Returns false if another thread has taken the loop over: this one may only post then. A Ready calls it
  // in its turn, as its last act but for what the result allows. Threads: the loop's. Cost: two atomic operations.
  bool run_preemptible(PreemptibleCall& call);
  // Returns true if what run_preemptible() runs can give the loop to another thread by release().
  bool can_be_released() const { return watchdog_ != nullptr && lost_ != &not_lost_; }
  // Gives the loop to another thread at once: for a call that is going to wait for the loop, and may only post from then on.
  // Does nothing on any other thread. Threads: any; the loop's only inside run_call().
  void release();

  // Serves until stop(): true; or until another thread has taken the loop over: false. The thread that calls it is the
  // loop's meanwhile.
  bool run();
  // Serves until `done` says so; asked after each handler. For the start of a program, before run().
  void run_until(const std::function<bool()>& done);
  // Threads: any, also a signal handler's loop. What is ready still runs.
  void stop();
  // Runs everything that is ready or due now without waiting; returns whether anything ran. For
  // tests and start-up.
  bool poll();
  bool in_loop() const;
  // Returns true if nothing runs on the loop at present, as far as another thread can know without asking. Threads: any.
  bool is_idle() const { return waits_.load(std::memory_order_relaxed); }

  // The moment at which the current handler began, or of its last refresh(): what time limits are counted from.
  // Cost: one clock read a handler, however often it is asked. Threads: the loop's.
  SteadyTime now() { return now_ == SteadyTime::min() ? refresh() : now_; }
  // Reads the clock anew: after something that took time, such as a function.
  SteadyTime refresh() {
    others_ran_ = false;
    return now_ = latest_ = clock_.now();
  }
  // The moment at which the present Ready's turn began: now(), read anew where others have had a turn since it was read, which
  // may have taken long. Threads: the loop's.
  SteadyTime turn_began() { return others_ran_ ? refresh() : now(); }
  // The wall clock, as of now(); steps of the system's time show within a second.
  SystemTime system_now();

  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  // Runs what run_soon() queued. The loop does so after each handler, with nothing of the reactor's on the stack; tests may do
  // so by hand. False: another thread has taken the loop over.
  bool run_ready();
  static constexpr std::chrono::microseconds kEndOfTurnWaits{100};
  // Memory that any handler may use until it returns: 64 KiB, for bytes just read.
  static constexpr std::size_t kScratchSize = std::size_t{64} * 1024;
  char* scratch() { return scratch_.get(); }

 private:
  friend class Timer;
  friend class Watch;
  friend class Watchdog;
  struct Reactor;

  // Runs the next handler of the reactor; if `wait`, waits for one. Returns false if there is none, or stop() was called.
  bool run_handler(bool wait);
  // Returns true if the items of run_at_end_of_turn() should run now: all handlers that are due have run, or kEndOfTurnWaits has
  // passed.
  bool end_of_turn_is_due() const;
  // Dispatches one event of the reactor. Returns false if its watch no longer exists.
  bool handle_event();
  // Waits until something happens, after having given way to others where that is due.
  void wait();
  static void enqueue(Ready& item, Ready::Queue& queue);
  void place(Timer& timer, std::size_t index);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);
  void enqueue(Timer& timer);
  void remove(Timer& timer);
  void fire_due();
  void wake_for_timers();

  const Clock& clock_;
  SteadyTime now_ = SteadyTime::min();         // min(): to be read
  SteadyTime latest_{};                        // what it was last
  bool others_ran_ = false;                    // since it was read
  SteadyTime system_due_ = SteadyTime::min();  // when the wall clock is to be read again
  SystemTime system_read_{};                   // what it said then
  SteadyTime system_read_at_{};
  Random random_;
  std::unique_ptr<Reactor> reactor_;
  std::atomic<std::thread::id> thread_;  // that serves it
  SteadyTime alarm_at_ = SteadyTime::max();
  std::unique_ptr<char[]> scratch_;
  std::vector<Timer*> heap_;
  Ready::Queue ready_;
  // What run_at_end_of_turn() has queued, and of that what is due: it runs before ready_. The two change places.
  std::array<Ready::Queue, 2> end_of_turn_queues_;
  Ready::Queue* end_of_turn_ = end_of_turn_queues_.data();
  Ready::Queue* due_ = end_of_turn_ + 1;
  SteadyTime end_of_turn_since_{};  // when the first of them was queued
  bool end_of_turn_ran_ = false;    // since the last look at the reactor

  YieldPolicy yield_policy_;
  std::atomic<bool> waits_ = false;

  Watchdog* watchdog_ = nullptr;
  PreemptibleCall* call_ = nullptr;  // that run_preemptible() runs
  // Counts beginnings and ends of calls, so it is odd while one runs. Whoever increments it from odd to even owns the loop: the
  // thread on which the call returns, or the watchdog.
  std::atomic<std::uint64_t> visits_ = 0;
  bool not_lost_ = false;
  bool* lost_ = &not_lost_;  // of the thread that serves: whether the loop was taken from it
};

}  // namespace ofn
