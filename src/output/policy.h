// How long and how often an output is tried, and how many retries all outputs may make together.
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
  // How long an output waits for an unreachable sidecar before it fails as unreachable. Long enough
  // for a restart of the sidecar, and short enough that a client's own retry still makes sense.
  Duration unreachable = std::chrono::seconds(5);
  // The pause before the first retry. It doubles with each further retry, up to longest_pause. The
  // actual pause is a random part of it, at least half, so that retries of many calls do not
  // coincide.
  Duration first_pause = std::chrono::milliseconds(20);
  Duration longest_pause = std::chrono::milliseconds(1000);
  // gRPC codes of the sidecar's answers that are also retried, until the invocation's deadline.
  // Empty by default, because such an answer may come after the handler has received the data.
  // RESOURCE_EXHAUSTED is never retried, even if it is listed: a message that is too large stays
  // too large.
  std::vector<Code> retry_codes{};

  bool retries(Code code) const;
  // Returns the pause before retry number `retry` (from 0).
  Duration pause(unsigned retry, Random& random) const;
};

// A token bucket for all deliveries of a loop, so that a dead sidecar does not meet a storm of
// retries. It delays retries instead of refusing them. An output that cannot wait that long fails
// by its own deadline and takes no token.
// Threads: one loop's. Cost: one number.
class RetryBudget {
 public:
  static constexpr Duration kEvery = std::chrono::milliseconds(2);  // 500 retries a second …
  static constexpr int kBurst = 500;                                // … after this many at once

  // Returns the time, not before `wanted`, at which one more retry may be sent; nullopt if that is
  // after the limit.
  std::optional<SteadyTime> reserve(SteadyTime wanted, Deadline limit);

 private:
  SteadyTime full_until_ = SteadyTime::min();  // the virtual time at which all tokens are back
};

}  // namespace ofn
