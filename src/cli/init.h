// What process 1 of a container has to do beside its work: reap.
#pragma once

namespace ofn::cli {

enum class Init {
  kNotNeeded,   // this is neither process 1 nor a subreaper
  kRuns,        // a parent that reaps; this is its child now
  kImpossible,  // other threads run, or no process can be made: orphans stay zombies
};

// Processes whose parents have gone become children of process 1, or of a subreaper (prctl(2)), and stay zombies until it
// reaps them. A server cannot do that: a child of the function's own, which the function waits for, looks the same as an
// orphan, and who reaps it takes its exit status from the function. So where this is such a process it stays behind
// as a small init, and the program goes on in a child: the init passes on the signals that it gets, reaps whatever ends,
// and ends with the child's exit code, or with 128 and the number of the signal that ended it, as shells count.
// Errors: kImpossible when this process has other threads, which a child would not have.
// To be called before anything was made that a child would lack.
Init start_init();

}  // namespace ofn::cli
