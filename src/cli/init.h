// Reaps orphaned processes if the program is process 1 of a container, or a subreaper.
#pragma once

namespace ofn::cli {

enum class Init {
  kNotNeeded,   // this process is neither process 1 nor a subreaper
  kRuns,        // the init reaps; this process is now its child
  kImpossible,  // other threads run, or fork() failed: orphans stay zombies
};

// A process whose parent has ended becomes a child of process 1, or of a subreaper (prctl(2)). It
// stays a zombie until its new parent reaps it. The server cannot reap such orphans, because they
// look like the function's own children, and the function would lose the exit status of a child
// that the server reaps. So if this process is process 1 or a subreaper, it forks: the program
// continues in the child, and this process stays as a small init. The init passes on its signals to
// the child and reaps every process that ends. It ends as the child has ended: with the child's
// exit code or by the child's signal. Process 1 cannot end by a signal, and exits with 128 plus the
// signal's number, as shells do. Errors: kImpossible if this process has other threads, which a
// forked child would not have.
// Call this before the program makes anything that a forked child would lack.
Init start_init();

}  // namespace ofn::cli
