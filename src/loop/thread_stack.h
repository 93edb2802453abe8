// Reports the stack and the processor time of another thread of this process, for functions that do not return.
//
//   const ThreadId thread = this_thread_id();                  // on that thread
//   os::StackText text = stack_of(thread, std::chrono::seconds(1));    // on another one
#pragma once

#include <chrono>
#include <vector>

#include "os/calls_in_flight.h"
#include "os/stack_text.h"
#include "os/symbols.h"

namespace ofn {

using os::this_thread_id;
using os::ThreadId;

// Returns the frames of `thread`, the innermost first, as os/stack_text.h describes them: "read
// (libc.so.6) < wait(ofn::Request const&) (/src/wait.cc:7) < …". Returns an empty text if the
// thread has ended or does not handle a signal within `patience`.
//
// A signal makes the thread record its own frames. It uses backtrace(3), which is called once
// before, so that in the handler it neither allocates nor loads anything. As with any signal, a
// system call in which the thread blocks may return with EINTR. The signal is SIGRTMAX - 5; if the
// program has its own handler for it, the result is empty.
// Threads: any; blocks. Do not call it on a thread that serves requests.
os::StackText stack_of(ThreadId thread, std::chrono::milliseconds patience);

// Returns the same frames without names; none if the stack is not known.
std::vector<os::Frames::Frame> frames_of(ThreadId thread, std::chrono::milliseconds patience);

// Returns how long the thread has run on a processor since it began; 0 if it has ended. Threads: any. Cost: a system call.
std::chrono::nanoseconds processor_time_of(ThreadId thread);

}  // namespace ofn
