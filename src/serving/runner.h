// Runs an admitted call inline or on a worker, and reports functions that do not return.
//
//   Runner runner(runners, loop);            // one per loop
//   runner.queue(job);                       // → job.begin() → job.run() → job.finish()
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call_fields.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/inline_policy.h"
#include "loop/loop.h"
#include "loop/thread_stack.h"
#include "loop/workers.h"

namespace ofn {

// The port Placing: where calls run. A server has none, because it measures; the test kit has one.
// Threads: the loop's.
class Placing {
 public:
  // Returns true if the next call runs on its loop's own thread, even one that waits (CallEnvironment::nested).
  virtual bool stays_on_loop() = 0;
  // Runs a call on another thread. As Workers::post().
  [[nodiscard]] virtual bool post(Task&& task) = 0;

 protected:
  ~Placing() = default;
};

// The state that the runners of all loops share. Lifetime: outlives them. Threads: made before the loops run.
struct Runners {
  Workers& workers;
  Log& log;
  std::vector<Loop*> loops = {};  // the loops that have a runner
  std::atomic<std::size_t> shared_out =
      0;  // calls that run on workers only because a core was idle
  // Every call runs on its loop's own thread, even one that waits (CallEnvironment::nested).
  bool stay_on_loops = false;
  Placing* placing = nullptr;  // decides instead; null: the runners measure
};

// Runs a short function on the loop's own thread, and any other on a worker (docs/decisions/0004-run-where-measured.md). A short
// call goes to a worker as well if another loop has nothing to do, and the ready calls of this loop together would take longer
// than one call may take inline.
//
// Lifetime: destroyed when its loop runs no more. Threads: the loop's.
// Cost: inline, two clock reads and two atomic operations a call; on a worker, two wake-ups.
class Runner {
 public:
  // One call. Lifetime: it must live from queue() until finish() has run. Reusable.
  class Job : private Ready, private PreemptibleCall {
   public:
    // Returns true while the function runs, perhaps on another thread. Threads: the loop's.
    bool running() const { return running_; }

   protected:
    explicit Job(Runner& runner) : runner_(runner) {}
    // The last run. Threads: the loop's, in finish().
    SteadyTime began() const { return began_; }
    Duration took() const { return took_; }
    bool ran_on_worker() const { return on_worker_; }

   private:
    friend class Runner;
    // The runner calls this when the job is next. Returns the policy of the function that is to run; null if the job has ended or
    // will be queued again. Threads: the loop's.
    virtual InlinePolicy* begin() = 0;
    // Returns true if the function may wait for the loop. Then it runs inline only if another thread can take over the loop.
    // Threads: the loop's, after begin().
    virtual bool may_wait() const = 0;
    // Returns false if the function should not begin now, but have another turn. A worker asks: begin() may be long ago.
    // Threads: any.
    virtual bool may_begin() const = 0;
    // The function has not run in this turn: may_begin() returned false, or there is no thread. Another turn follows. Threads: the
    // loop's.
    virtual void put_off() = 0;
    // Runs the function. Threads: any.
    virtual void run() = 0;
    // The runner calls this after the function has returned. Threads: the loop's.
    virtual void finish() = 0;

    void run_ready() final { runner_.start(*this); }
    void run_call() final { run_and_time(); }
    void on_loop_taken_over() final;
    void run_and_time();

    Runner& runner_;
    InlinePolicy* policy_ = nullptr;
    std::uint64_t turns_ = 0;
    bool running_ = false;
    bool shared_out_ = false;
    bool on_worker_ = false;
    SteadyTime began_{};                // written before the function runs
    Duration took_{};                   // written after the function has returned
    std::atomic<ThreadId> thread_ = 0;  // the thread that runs the function
  };

  Runner(Runners& all, Loop& loop);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // The job runs in a later step of the loop, when no parser and no nghttp2 function is on the stack.
  void queue(Job& job);
  // Reports a function that still runs after its caller was answered without it. Logs the function and the stack of its thread
  // once, unless the function returns before the stack is known.
  void report(Job& job, std::string_view function, const CallIds& ids);
  // Runs code of the author that is not a function, such as a stop callback, on separate threads: every worker may be blocked by
  // a function that waits for that code. Runs the task at once, on the loop, if the system grants no thread, or if Placing decides where
  // calls run.
  void run_aside(Task task) {
    if (all_.placing != nullptr || !aside_.post(std::move(task)))
      task();  // NOLINT(bugprone-use-after-move): not taken
  }

 private:
  void start(Job& job);
  void start_elsewhere(Job& job);
  bool shares(const InlinePolicy& policy) const;
  void stopped_running(Job& job);
  void returned(Job& job);

  Runners& all_;
  Loop& loop_;
  std::size_t queued_ = 0;
  std::vector<Job*> threadless_;  // jobs for which the system granted no thread; they try again
  Timer retry_;
  // A separate thread: all workers may be blocked by functions that do not return.
  Workers reporter_{1, std::chrono::seconds(1), "ofn-report"};
  // Short tasks need only one thread. If this many tasks block, further tasks wait.
  static constexpr std::size_t kMostAside = 8;
  Workers aside_{kMostAside, std::chrono::seconds(1), "ofn-aside"};
};

}  // namespace ofn
