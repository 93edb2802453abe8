// A process that the function forked must never serve. Whoever goes on with the framework's work after the author's code has
// returned asks first.
//
//   function.invoke(call, outcome);
//   os::end_forked_child();
#pragma once

#include <atomic>

namespace ofn::os {

namespace internal {
extern const std::atomic<bool>& is_forked_child;
[[noreturn]] void end_this_child();
}  // namespace internal

// Ends the process, with a line that says why, where it is such a child. Cost: a load.
inline void end_forked_child() {
  if (internal::is_forked_child.load(std::memory_order_relaxed)) [[unlikely]]
    internal::end_this_child();
}

}  // namespace ofn::os
