// Ends a process that the function forked before it can serve calls. The framework calls this each time the author's code has
// returned, before it goes on with its own work.
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

// Returns true if the function has forked this process.
inline bool is_forked_child() noexcept {
  return internal::is_forked_child.load(std::memory_order_relaxed);
}

// If this process is a forked child, writes a line that says why and ends it. Cost: a load.
inline void end_forked_child() {
  if (internal::is_forked_child.load(std::memory_order_relaxed)) [[unlikely]]
    internal::end_this_child();
}

}  // namespace ofn::os
