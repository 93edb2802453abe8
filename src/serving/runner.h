// Where an admitted call's function runs, and what is due when it does not return.
//
//   Runner runner(runners, loop);            // one per loop
//   class Call : public Runner::Job { … };
//   runner.queue(call);                      // → call.turn() → call.run() → call.finish()
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "loop/pace.h"
#include "loop/thread_stack.h"
#include "loop/workers.h"

namespace ofn {

// What the runners of all loops share. Lifetime: outlives them. Threads: made before the loops run.
struct Runners {
  Workers& workers;
  Log& log;
  std::vector<Loop*> loops = {};  // that have a runner
  std::atomic<std::size_t> shared_out =
      0;  // calls that run on workers only because a core was idle
};

// Runs functions: on the loop's own thread while they are short, on workers otherwise
// (docs/decisions/0004-run-where-measured.md). A call that is short, too, goes to a worker while those that are ready
// on this loop take longer together than one call may, and another loop has nothing to do.
//
// Lifetime: destroyed when its loop runs no more. Threads: the loop's.
// Cost: inline, two clock reads and two atomic operations a call; on a worker, two wake-ups.
class Runner {
 public:
  // One call. Lifetime: until finish() has run, from queue() on. Reusable.
  class Job : private Ready, private Guest {
   public:
    // The function runs now, for the caller's eyes: a loop asks while the function is elsewhere.
    bool running() const { return running_; }

   protected:
    explicit Job(Runner& runner) : runner_(runner) {}

   private:
    friend class Runner;
    // Its turn has come. The pace of what it is going to run; null when it has ended, or will be queued again.
    // Threads: the loop's.
    virtual Pace* turn() = 0;
    // The function may wait for the loop: it runs on the loop's thread only where it can leave that. Threads: the loop's, after turn().
    virtual bool may_wait() const = 0;
    // Runs the function. Threads: any.
    virtual void run() = 0;
    // It has returned. Threads: the loop's.
    virtual void finish() = 0;

    void run_ready() final { runner_.start(*this); }
    void run_guest() final { run_and_time(); }
    void overstayed() final;
    void run_and_time();

    Runner& runner_;
    Pace* pace_ = nullptr;
    std::uint64_t turns_ = 0;
    bool running_ = false;
    bool shared_out_ = false;
    SteadyTime began_{};                // written before the function runs
    Duration took_{};                   // written after it
    std::atomic<ThreadId> thread_ = 0;  // that the function runs on
  };

  Runner(Runners& all, Loop& loop);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // The job gets its turn when the stack holds no parser and no nghttp2.
  void queue(Job& job);
  // Its caller was answered without it while the function runs on: logs once what it is and where its thread is, unless
  // it returns before that is known.
  void report(Job& job, std::string_view function, std::string_view request_id);
  // Runs what is the author's and no function: beside all of them, since every worker may be taken by a function that waits
  // for it. Without a thread it runs at once.
  void run_aside(Task task) {
    if (!aside_.post(std::move(task))) task();  // NOLINT(bugprone-use-after-move): not taken
  }

 private:
  void start(Job& job);
  void start_elsewhere(Job& job);
  bool shares(const Pace& pace) const;
  void returned(Job& job);

  Runners& all_;
  Loop& loop_;
  std::size_t queued_ = 0;
  std::vector<Job*> threadless_;  // that found no thread to run on, and try again
  Timer retry_;
  // Not all_.workers: those may be what does not return.
  Workers reporter_{1, std::chrono::seconds(1), "ofn-report"};
  // One is enough for what is short; as many may block before the others wait for them.
  static constexpr std::size_t kMostAside = 8;
  Workers aside_{kMostAside, std::chrono::seconds(1), "ofn-aside"};
};

}  // namespace ofn
