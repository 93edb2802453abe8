// Limits the freed memory that glibc's allocator keeps, and returns it to the system. With another C library these functions do
// nothing.
#pragma once

#include <chrono>
#include <cstddef>

#include "os/memory_limits.h"

namespace ofn::os {

// How long a thread keeps freed memory after its last work that needed much memory.
inline constexpr std::chrono::seconds kMemoryIsKept{1};

// Limits the free memory that each arena (a thread's part of the heap) keeps to 16 MiB, and returns blocks of 4 MiB and more to
// the system as soon as they are freed. By default glibc raises the limit for such blocks to the largest block that was ever
// freed, and the limit of each arena (eight arenas for each processor) to twice that size. With mixed bodies of up to 9 MiB the
// default took 190 MiB of resident memory instead of 60. Keeping no memory is too slow: an echo of 1 MiB then takes 1.65 times
// `mappable` is the memory that the process may map (mappable_memory()). An arena reserves 64 MiB
// of it, however little the arena uses. If `mappable` is limited, the number of arenas is limited
// too: all arenas together reserve at most a quarter of it. There is always at least one arena.
void bound_kept_memory(std::size_t mappable = kNoMemoryLimit);

// The maximum number of arenas if `mappable` is unlimited: one for each processor and two more.
// Each loop can have its own arena; workers share the rest, because no more of them compute at the
// same time. glibc's default, eight for each processor, leaves more free memory behind when threads
// have ended.
std::size_t most_arenas();

// Returns the free memory at the end of the calling thread's arena, which is most of the arena's free memory. It is for a thread
// that has used much memory and will not need it again soon.
// Threads: any. The limit that makes an arena shrink belongs to the whole process. If two threads call this at the same moment,
// one may raise the limit before the other's arena has shrunk. That arena then keeps its memory until the next call.
// Cost: one or two system calls, and a page fault for each page that is used again.
void return_kept_memory();

// Returns the free memory of all arenas that lies between blocks in use.
// Threads: any; threads that allocate meanwhile wait. Cost: visits each free block of the program, and makes a system call for
// each free block that contains a whole page.
void return_scattered_memory();

}  // namespace ofn::os
