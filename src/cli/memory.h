// What the process does with memory that it has no more use for.
#pragma once

namespace ofn::cli {

// Gives the code and constants that the process has mapped back to the page cache: most of them are for starting (flags,
// contexts, components, the compiler's driver), and are not needed again. What runs comes back by itself, 64 KiB a fault.
// To be called when the start is over. Threads: any; the code of others may be running.
void return_start_up_code();

}  // namespace ofn::cli
