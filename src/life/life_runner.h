// Runs a program's starts and stops on a thread of their own, beside a loop that keeps the time and hears the signals.
//
//   LifeRunner runner(life, loop, log);
//   switch (runner.start({.start = 60s, .stop = 30s})) { case LifeRunner::End::kStarted: … }   // the loop runs in here
//   runner.stop([] { … });                                                                     // later, on the loop
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "life/life_cycle.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "os/stack_text.h"

namespace ofn {

// Lifetime: all constructor arguments outlive it. If a start or a stop may still run, the process must end without destroying it.
// Threads: the loop's; start() is called by the thread that will wait for the loop, before the loop runs.
// Cost: nothing if the program has registered nothing; otherwise a thread while it works.
class LifeRunner {
 public:
  struct Limits {
    Duration start{};  // of all starts together
    Duration
        stop{};  // of the stops that run because a start failed, or the program was told to end meanwhile
  };
  enum class End {
    kStarted,
    kFailed,     // a start threw: problem()
    kTooLate,    // a start did not return in time, and still runs: problem()
    kSignalled,  // the program was told to end, and nothing runs any more
    kAbandoned,  // the same, and a start or a stop still runs: problem()
  };

  // How long a start may take to return after a signal.
  static constexpr std::chrono::seconds kLastChance{2};

  LifeRunner(LifeCycle& life, Loop& loop, Log& log);
  LifeRunner(const LifeRunner&) = delete;
  LifeRunner& operator=(const LifeRunner&) = delete;

  // Runs the loop until the starts have ended, one way or another.
  End start(Limits limits);
  // Returns true if the signal came during start(), which then ends. A second signal abandons what still runs.
  bool signalled(int number);
  // The signal that came during start(); 0: none.
  int signal() const { return signal_; }
  // A sentence for the user.
  const std::string& problem() const { return problem_; }

  // Runs the stops, and then `done` on the loop.
  void stop(Task done);
  // The same, and runs the loop until they have ended, or the limit has passed. For a program that cannot serve. Returns false in the second
  // case: then problem() names the one that still runs.
  bool stop_within(Duration limit);
  // The time for the stops is over: their token fires.
  void hurry();
  // Says in the log which stop still runs, or that none has run. For the end of a process that is abandoned.
  void log_abandoned();

 private:
  // kTold: the program was told to end, and a start may still run. kUnwinding: now only stops run.
  enum class State { kIdle, kStarting, kTold, kUnwinding, kOver };

  void begun(Result<void> result);
  void limit_passed();
  void give_up(End end, const std::string& why);
  void request(std::stop_source& source);

  LifeCycle& life_;
  Loop& loop_;
  Log& log_;
  State state_ = State::kIdle;
  End end_ = End::kStarted;
  int signal_ = 0;
  const LifeStep* told_ = nullptr;  // what ran when the program was told to end
  bool stops_began_ = false;
  Limits limits_;
  std::string problem_;
  std::stop_source start_stop_;  // of the starts
  std::stop_source stop_stop_;   // of the stops
  TimeLimit limit_;
  // One for the code, and one for callbacks of its stop token, which may block, too.
  Workers threads_{2, std::chrono::seconds(1), "ofn-life"};
};

}  // namespace ofn
