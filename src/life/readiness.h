// Asks the author's checks whether the program is ready (OFN_READY of <ofn/life.h>).
//
//   Readiness readiness(steps, clock, log);
//   if (const auto known = readiness.ask(loop, [] { /* latest() is new */ })) answer(*known);
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "life/life_cycle.h"
#include "loop/loop.h"
#include "loop/workers.h"

namespace ofn {

// Checks may block, so they run on a thread of their own; only if somebody asks, at most once in kFresh, and never twice at a time.
// Lifetime: the programs stay loaded; clock and log outlive it. Unless close() has returned true, the process must end without destroying it.
// Threads: any.
class Readiness {
 public:
  // How long a result counts.
  static constexpr std::chrono::seconds kFresh{1};
  // Who asks should wait at most this long. kubelet's default is to wait one second.
  static constexpr std::chrono::milliseconds kPatience{800};
  // The most that is kept of a reason, in bytes.
  static constexpr std::size_t kLongestReason = 1024;

  struct State {
    bool is_ready = true;
    std::string reason;  // if it is not ready
  };

  // kAskers: ask() runs the checks each time, on the thread that calls it, and always knows the state.
  enum class Thread : bool { kOwn, kAskers };

  // Keeps the checks among the steps.
  Readiness(std::span<const LifeStep> steps, const Clock& clock, Log& log,
            Thread thread = Thread::kOwn);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Returns true if there are no checks. Then nothing else may be called but close().
  bool empty() const { return checks_.empty(); }
  // Returns the state if it is fresh, or if a check takes longer than kPatience. Otherwise the checks run, and then `told`, if there is one, on
  // the loop: one of those that a loop has passed meanwhile.
  std::optional<State> ask(Loop& loop, std::function<void()> told);
  // Returns the newest result. While a check takes longer than kPatience, that is the reason. Before the first result the program is not ready.
  State latest() const;
  // No further check begins. Returns false if one still runs after kPatience.
  bool close();

 private:
  void check();
  // With the mutex locked.
  bool is_late() const;
  State now_known() const;
  void set(State state, const LifeStep* said);

  const Clock& clock_;
  Log& log_;
  const bool runs_on_askers_;
  std::vector<LifeStep> checks_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  // Guarded by the mutex.
  std::optional<State> state_;
  SteadyTime checked_ = SteadyTime::min();
  bool is_closed_ = false;
  const LifeStep* running_ = nullptr;
  SteadyTime began_{};
  std::vector<std::pair<Loop*, std::function<void()>>> asking_;
  Workers thread_{1, std::chrono::seconds(10), "ofn-ready"};
};

}  // namespace ofn
