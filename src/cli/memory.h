// What the process does with memory that it has no more use for.
#pragma once

namespace ofn::cli {

// From here on, what large bodies took goes back to the system when they end. Left alone, glibc raises both thresholds to
// the largest block that was ever freed, and each of its arenas (eight a processor) keeps as much: under mixed bodies of up
// to 9 MiB that was 190 MiB of resident memory instead of 60. Below 4 MiB, memory is reused without the system, as before.
void return_large_memory();

// Gives the code and constants that the process has mapped back to the page cache: most of them are for starting (flags,
// contexts, components, the compiler's driver), and are not needed again. What runs comes back by itself, 64 KiB a fault.
// To be called when the start is over. Threads: any; the code of others may be running.
void return_start_up_code();

}  // namespace ofn::cli
