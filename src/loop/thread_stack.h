// Where another thread of this process is: for reports about functions that do not return.
//
//   const ThreadId thread = this_thread_id();                  // on that thread
//   std::string stack = stack_of(thread, std::chrono::seconds(1));     // on another one
#pragma once

#include <chrono>
#include <string>

#include "os/calls_in_flight.h"

namespace ofn {

using os::this_thread_id;
using os::ThreadId;

// The frames of `thread`, the innermost first, as os/symbols.h describes them: "read (libc.so.6) < wait(ofn::Request const&)
// (/src/wait.cc:7) < …". Empty when the thread has ended or takes no signal within `patience`.
//
// A signal makes the thread write down its own frames (backtrace(3), warmed up before, so that it neither allocates nor
// loads anything there). A system call that the thread blocks in may return with EINTR because of it, as for any
// signal. It is SIGRTMAX - 5; where the program has a handler of its own for that one, there is no stack.
// Threads: any; blocks. Not to be called by what serves.
std::string stack_of(ThreadId thread, std::chrono::milliseconds patience);

}  // namespace ofn
