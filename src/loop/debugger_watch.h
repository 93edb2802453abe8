// Turns time limits off while a debugger is attached to a process.
//
//   DebuggerWatch debugger(loop, [] { return os::tracer_of(::getpid()); }, [](DebuggerWatch::Change) { … });
//   loop.set_time_limits(&debugger);
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <sys/types.h>

#include "base/clock.h"
#include "loop/loop.h"

namespace ofn {

// A debugger stops all threads of a program for as long as its user thinks. The clock goes on meanwhile, so without this class
// every time limit would have passed when the program continues. Limits count again kAfterwards after the debugger has detached:
// then the calls that it has held up can end.
//
// The debugger may also be another program's: a supervisor's limits depend on its worker.
//
// Lifetime: `loop` outlives it. Threads: are_off() any; the rest the loop's.
// Cost: one look every kEvery. Only programs that a developer debugs have it.
class DebuggerWatch final : public TimeLimits {
 public:
  enum class Change : std::uint8_t { kAttached, kDetached };

  static constexpr std::chrono::milliseconds kEvery{250};
  static constexpr std::chrono::seconds kAfterwards{10};
  // What was seen less than this time ago counts as present.
  static constexpr std::chrono::milliseconds kFresh{20};

  // `tracer` returns the debugger's process; 0: there is none. It may be called on any thread.
  DebuggerWatch(Loop& loop, std::function<pid_t()> tracer, std::function<void(Change)> on_change);
  DebuggerWatch(const DebuggerWatch&) = delete;
  DebuggerWatch& operator=(const DebuggerWatch&) = delete;

  bool are_off() const override;

 private:
  enum class Seen : std::uint8_t { kNone, kDebugger };

  Seen look() const;  // threads: any
  void tell();

  Loop& loop_;
  std::function<pid_t()> tracer_;
  std::function<void(Change)> on_change_;
  mutable std::atomic<SteadyTime> looked_at_{};
  mutable std::atomic<SteadyTime> seen_at_ = SteadyTime::min();  // min(): never
  Seen told_ = Seen::kNone;
  Timer timer_;
};

}  // namespace ofn
