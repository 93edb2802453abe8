// What the author's programs do before their first call and after their last one (<ofn/life.h>), in order.
//
//   auto steps = life_steps(programs);
//   LifeCycle life(*std::move(steps));
//   if (auto started = life.start(stop, log); !started) say(started.error().message());
//   life.stop(stop, log);
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <ofn/abi.h>
#include <ofn/life.h>

#include "base/error.h"
#include "base/log.h"
#include "function/routes.h"
#include "os/calls_in_flight.h"

namespace ofn {

// A start, a stop, a check, or an object that lives in between.
struct LifeStep {
  std::string name;
  std::string place;  // "pool.cc:12"
  const abi::LifeRegistration* registration = nullptr;
};

// Returns what the programs have registered: of each program the files as they are linked, and each file's registrations in its order. A
// header's registration that several files share is there once.
// Errors: a function is registered twice for the same purpose; the message names both places.
Result<std::vector<LifeStep>> life_steps(std::span<const abi::Program> programs);

// Returns the objects that are functions of these routes (<ofn/object.h>), each once, in the order of the functions.
std::vector<LifeStep> object_steps(const Routes& routes);

// Lifetime: the programs stay loaded. Threads: start() and stop() run on one thread at a time, which may block.
class LifeCycle {
 public:
  explicit LifeCycle(std::vector<LifeStep> steps) : steps_(std::move(steps)) {}
  LifeCycle(const LifeCycle&) = delete;
  LifeCycle& operator=(const LifeCycle&) = delete;

  bool has_starts() const;
  bool has_stops() const;

  // Runs the starts in order. If one throws, or before the next one after cancel(), it runs the stops in front of that start, and
  // returns an error: kInternal, whose message names the start and its exception, or kCancelled.
  Result<void> start(const std::stop_token& stop, Log& log);
  // Runs the stops in reverse order. Logs those that throw. Does nothing unless start() has succeeded.
  void stop(const std::stop_token& stop, Log& log);

  // No further start begins. Threads: any.
  void cancel() { is_cancelled_ = true; }
  // After what runs now, nothing more runs. Threads: any.
  void abandon() { is_abandoned_ = true; }
  // What runs now, and on which thread; null: nothing. Threads: any.
  const LifeStep* running() const { return running_; }
  os::ThreadId thread() const { return thread_; }
  // The same in words: "the start function open_pool (pool.cc:12)"; empty: nothing. Threads: any.
  std::string running_text() const;

 private:
  enum class Phase { kStart, kStop };

  static std::string text_of(const LifeStep& step, Phase phase);
  void stop_before(std::size_t end, const std::stop_token& stop, Log& log);

  const std::vector<LifeStep> steps_;
  bool has_started_ = false;
  std::atomic<bool> is_cancelled_ = false;
  std::atomic<bool> is_abandoned_ = false;
  std::atomic<Phase> phase_ = Phase::kStart;
  std::atomic<const LifeStep*> running_ = nullptr;
  std::atomic<os::ThreadId> thread_ = 0;
};

}  // namespace ofn
