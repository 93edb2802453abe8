// Time comes from a Clock, so that a test can set it. A Deadline is a type, not a number.
#pragma once

#include <chrono>

namespace ofn {

using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

// Threads: any. Cost: one vDSO call.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0;
  virtual SystemTime system_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  SystemTime system_now() const override { return std::chrono::system_clock::now(); }
};

// The latest moment for something. A value; the default never passes.
class Deadline {
 public:
  Deadline() = default;
  explicit Deadline(SteadyTime at) : at_(at) {}
  static Deadline never() { return {}; }
  static Deadline in(Duration duration, const Clock& clock) {
    return Deadline(clock.now() + duration);
  }

  bool is_never() const { return at_ == SteadyTime::max(); }
  SteadyTime at() const { return at_; }
  bool passed(SteadyTime now) const { return now >= at_; }
  // Returns the time left: zero if the deadline has passed, Duration::max() if it never passes.
  Duration left(SteadyTime now) const {
    if (is_never()) return Duration::max();
    return now >= at_ ? Duration::zero() : at_ - now;
  }
  friend auto operator<=>(const Deadline&, const Deadline&) = default;

 private:
  SteadyTime at_ = SteadyTime::max();
};

inline Deadline earlier(Deadline a, Deadline b) { return a < b ? a : b; }

}  // namespace ofn
