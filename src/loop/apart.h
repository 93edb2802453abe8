// Runs work that may block for long and cannot be cancelled, such as the resolver of names.
#pragma once

#include "loop/loop.h"

namespace ofn {

// Runs `work` on a thread of its own, for which nothing waits. The program may end before `work`
// does, so `work` must own everything that it uses. Returns false if the system grants no thread.
[[nodiscard]] bool run_apart(Task work);

}  // namespace ofn
