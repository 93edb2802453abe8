// How long and how often an output is tried, and how many retries all outputs together may make.
//
//   RetryBudget budget;
//   if (const auto again = budget.reserve(clock.now() + policy.pause(retry, random), limit)) …
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace ofn {

struct OutputPolicy {
  // The time that an output waits for an unreachable sidecar before it fails as unreachable.
  // Long enough for a sidecar's restart, short enough that a caller's own retry still makes sense.
  Duration unreachable = std::chrono::seconds(5);
  // The pause before the first retry; each further one doubles, up to the longest. The true pause
  // is a random part of it, at least half, so that callers do not come back in step.
  Duration first_pause = std::chrono::milliseconds(20);
  Duration longest_pause = std::chrono::milliseconds(1000);
  // Codes of the sidecar's own answers that are also tried again, until the invocation's deadline.
  // Empty by default: such an answer may come after the handler has seen the data.
  // RESOURCE_EXHAUSTED is never tried again, wherever it is named: what is too large stays so.
  std::vector<Code> retry_codes{};

  bool retries(Code code) const;
  // The pause before retry number `retry` (from 0).
  Duration pause(unsigned retry, Random& random) const;
};

// A token bucket over all deliveries of a loop: a dead sidecar is not met by a storm. It delays
// rather than refuses. An output that cannot wait that long fails by its own deadline, and takes nothing.
// Threads: one loop's. Cost: one number.
class RetryBudget {
 public:
  static constexpr Duration kEvery = std::chrono::milliseconds(2);  // 500 retries a second …
  static constexpr int kBurst = 500;                                // … after this many at once

  // The moment, not before `wanted`, at which one more retry may go out; nullopt if it lies beyond the limit.
  std::optional<SteadyTime> reserve(SteadyTime wanted, Deadline limit);

 private:
  SteadyTime full_until_ = SteadyTime::min();  // when all tokens are back (a virtual schedule)
};

}  // namespace ofn
