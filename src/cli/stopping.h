// Stops a server: it retires, so that clients go elsewhere, then drains, then asks running functions to stop, and finally abandons
// the rest.
//
//   Stopping stopping(server, loop, {.delay = settings.drain_delay, .timeout = settings.drain_timeout}, log);
//   Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int number) { stopping.signalled(number); });
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"

namespace ofn::cli {

// The object that stops. Stopping calls all functions on its loop.
class Stoppable {
 public:
  struct Left {
    std::size_t connections = 0;
    std::size_t invocations = 0;  // running or waiting
  };

  virtual ~Stoppable() = default;
  // Returns the work that is still in flight, for the log.
  virtual Left left() const = 0;
  // Is not ready any more, and asks its clients to go elsewhere, but serves them as before. Called at most once, before drain().
  virtual void retire() = 0;
  // Accepts no new work, and lets invocations and their outputs finish. Runs `done` when nothing is
  // left; the loops and the connection to the sidecar still work then.
  virtual void drain(Task done) = 0;
  // Requests a stop of every call (its stop token).
  virtual void stop_calls() = 0;
  // Ends the loops. Called once.
  virtual void end_loops() = 0;
};

// The time that a stop takes.
struct StopTimes {
  Duration
      delay{};  // from the first signal to the drain: while it passes, the server still serves new work
  Duration timeout{};  // from the drain to the stop tokens
};

// At the first signal the server retires; after the delay, or at the next signal, it drains. At the
// drain timeout, the stop tokens of the calls fire; a second later the rest is abandoned. A signal
// during the drain abandons the rest at once.
// Lifetime: `server`, `loop` and `log` outlive it. Threads: the loop's; abandoned() also after the
// loop has ended.
class Stopping {
 public:
  Stopping(Stoppable& server, Loop& loop, StopTimes times, Log& log);
  Stopping(const Stopping&) = delete;
  Stopping& operator=(const Stopping&) = delete;

  // Call this when a signal to stop has come.
  void signalled(int number);
  // Call this when another process takes over: the server drains at once, and does not retire, because the process serves the
  // clients. Does nothing if the server stops already.
  void replaced();
  // Returns true if work was in flight when the loops were ended. Functions may then still run.
  bool abandoned() const { return state_ == State::kAbandoned; }

 private:
  enum class State { kServing, kRetired, kDraining, kEnded, kAbandoned };

  void retire(const LogField& why);
  void drain(const LogField& why);
  void end(State state);
  void abandon(std::string_view why);

  Stoppable& server_;
  Loop& loop_;
  StopTimes times_;
  Log& log_;
  State state_ = State::kServing;
  Timer delay_;
  TimeLimit timeout_;
  TimeLimit last_chance_;
};

}  // namespace ofn::cli
