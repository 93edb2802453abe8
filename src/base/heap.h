// What the allocator keeps of memory that was freed. Elsewhere than with glibc's allocator these do nothing.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/memory_limits.h"

namespace ofn {

// How long a thread keeps memory after the last work that needed much of it.
inline constexpr std::chrono::seconds kMemoryIsKept{1};

// From here on, each arena (a thread's share of the heap) keeps at most 16 MiB beside what is in use, and blocks from 4 MiB
// on go back to the system when they are freed. Left alone, glibc raises both limits to the largest block that was ever
// freed, and each of its arenas (eight a processor) keeps twice as much: under mixed bodies of up to 9 MiB that was 190 MiB
// of resident memory instead of 60. Keeping nothing is no choice either: an echo of 1 MiB takes 1.65 times nginx's time
// then instead of 1.2, the difference in page faults. To be called when the program starts.
// `mappable`: what the process may map (mappable_memory()). An arena takes 64 MiB of that, however little is used of it:
// under a limit there are only so many that they take a quarter, and one at least.
void bound_kept_memory(std::size_t mappable = kNoMemoryLimit);

// Gives back what the calling thread's arena keeps at its end, which is most of it: for a thread that has used much memory,
// and will not soon again.
// Threads: any. The limit by which an arena is cut is the process's: of two threads that call it at the same moment one may
// raise it again under the other, which then keeps its rest until it calls again.
// Cost: a system call or two, and each page is a fault when it is used again.
void return_kept_memory();

// Gives back what all arenas keep between blocks that are in use.
// Threads: any; those that allocate meanwhile wait. Cost: a look at each free block of the program, and a system call for
// each that has a page of its own.
void return_scattered_memory();

}  // namespace ofn
