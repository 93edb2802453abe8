// For what may block for long and cannot be cancelled, such as the resolver of names.
#pragma once

#include "loop/loop.h"

namespace ofn {

// Runs `work` on a thread of its own, which nobody waits for: `work` must not outlive what it touches, and the program may
// end before it does. False: the system grants no thread.
[[nodiscard]] bool run_apart(Task work);

}  // namespace ofn
