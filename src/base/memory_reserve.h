// What is kept for the moment in which the process may map no more memory (RLIMIT_AS, RLIMIT_DATA), so that it can still end
// calls, write their answers and go on.
//
//   keep_memory_reserve(reserve_for(mappable_memory(limits, mapped)));
//   if (memory_is_short()) return refuse(503);
//
// An allocation that fails takes the whole reserve, and succeeds then, unless it is larger than that: it throws std::bad_alloc,
// and the reserve is taken back. So what is small succeeds, and what is large fails where it is asked for. While the reserve is
// gone nothing new is begun; it is taken back as soon as others have freed enough.
//
// In a control group, and on the machine as a whole, no allocation fails: the kernel kills instead. Limits of what is kept are all
// that helps there, and the reserve has no use.
#pragma once

#include <cstddef>

namespace ofn {

// How much of what may be mapped is worth keeping; 0 where there is no limit.
std::size_t reserve_for(std::size_t mappable);

// Takes the reserve and becomes the program's std::new_handler. 0: neither. It is mapped and not touched: it costs no memory.
// Threads: the main one, before there are others.
void keep_memory_reserve(std::size_t bytes);

// The reserve is in use and cannot be taken back yet. Threads: any. Cost: an atomic read as long as it is not.
bool memory_is_short();

}  // namespace ofn
