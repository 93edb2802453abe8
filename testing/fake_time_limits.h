// Time limits that a test turns off and on, as a debugger does.
//
//   FakeTimeLimits limits;
//   loop.set_time_limits(&limits);
//   limits.off = false;
#pragma once

#include "loop/loop.h"

namespace ofn::testing {

// Threads: one at a time.
class FakeTimeLimits final : public TimeLimits {
 public:
  bool are_off() const override { return off; }
  bool off = true;
};

}  // namespace ofn::testing
