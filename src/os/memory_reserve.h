// A reserve of address space for the moment when the process may map no more memory (RLIMIT_AS, RLIMIT_DATA). With it the process
// can still finish calls, write their answers and go on.
//
//   keep_memory_reserve(reserve_for(mappable_memory(limits, mapped)));
//   if (memory_is_short()) return refuse(503);
//
// An allocation that fails frees the whole reserve and is tried again. If it fails again, because it is larger than the reserve,
// it throws std::bad_alloc, and the reserve is mapped again. So a small allocation succeeds, and a large one fails at its caller.
// While the reserve is in use the program begins no new calls. It maps the reserve again as soon as other code has freed enough.
//
// The reserve does not help against the limit of a control group or of the machine: there no allocation fails, and the kernel
// kills the process instead. Only limits on the memory that the program keeps help in that case.
#pragma once

#include <cstddef>

namespace ofn::os {

// The size of the reserve if the process may map `mappable` bytes; 0 if it has no limit.
std::size_t reserve_for(std::size_t mappable);

// Maps a reserve of `bytes` and installs the std::new_handler that frees it. Does nothing if `bytes` is 0. The reserve is never
// touched, so it takes address space but no memory.
// Threads: the main thread, before other threads run.
void keep_memory_reserve(std::size_t bytes);

// Returns true if the reserve is in use and cannot be mapped again yet.
// Threads: any. Cost: an atomic read while the reserve is not in use; a lock and perhaps a system call while it is.
bool memory_is_short();

}  // namespace ofn::os
