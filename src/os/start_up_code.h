// Returns memory that only the program's start has needed.
#pragma once

namespace ofn::os {

// Returns the mapped code and constants to the page cache. The program needs most of them only to
// start (flags, contexts, components, the compiler's driver). When code runs again, the kernel maps
// it again, 64 KiB for each page fault. Call this at the end of the start. Threads: any; other
// threads may run meanwhile.
void return_start_up_code();

}  // namespace ofn::os
