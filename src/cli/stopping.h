// How a server stops: it drains, asks functions that stay to stop, and gives up what is left.
//
//   Stopping stopping(server, loop, settings.drain_timeout, log);
//   Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int number) { stopping.signalled(number); });
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"

namespace ofn::cli {

// What stops. Stopping calls all of these on its loop.
class Stoppable {
 public:
  struct Left {
    std::size_t connections = 0;
    std::size_t invocations = 0;  // that run or wait
  };

  virtual ~Stoppable() = default;
  // Returns what is still under way, for the log.
  virtual Left left() const = 0;
  // Takes nothing new, and lets invocations and their outputs finish. Runs `done` when nothing is left.
  virtual void drain(Task done) = 0;
  // Requests a stop of every call (its stop token).
  virtual void stop_calls() = 0;
  // Ends the loops. Called once.
  virtual void end_loops() = 0;
};

// The first signal starts to drain. At the drain timeout, the stop tokens of the calls fire; a second later the rest is abandoned.
// A second signal abandons at once.
// Lifetime: `server`, `loop` and `log` outlive it. Threads: the loop's; abandoned() also when the loop has ended.
class Stopping {
 public:
  Stopping(Stoppable& server, Loop& loop, Duration drain_timeout, Log& log);
  Stopping(const Stopping&) = delete;
  Stopping& operator=(const Stopping&) = delete;

  // A signal to stop has come.
  void signalled(int number);
  // Returns true if something was under way when the loops were ended: functions may still run.
  bool abandoned() const { return state_ == State::kAbandoned; }

 private:
  enum class State { kServing, kDraining, kEnded, kAbandoned };

  void end(State state);
  void abandon(std::string_view why);

  Stoppable& server_;
  Loop& loop_;
  Duration drain_timeout_;
  Log& log_;
  State state_ = State::kServing;
  Timer timeout_;
  Timer last_chance_;
};

}  // namespace ofn::cli
