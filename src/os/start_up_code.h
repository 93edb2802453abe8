// Returns memory that only the start of the program has needed.
#pragma once

namespace ofn::os {

// Returns the code and constants that the process has mapped to the page cache: the program needs most of them only to start
// (flags, contexts, components, the compiler's driver). The kernel maps code that runs again, 64 KiB for each page fault.
// Call this when the start is over. Threads: any; other threads may run meanwhile.
void return_start_up_code();

}  // namespace ofn::os
