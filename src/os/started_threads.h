// Remembers which call of a function has started a thread, so that a log line or a report of the thread can name the call.
//
// The program has a pthread_create() in place of the C library's, which the author's code and std::thread call. A thread that a call
// starts knows the call's ids, and so do the threads that it starts. If WatchedProcess reports to the author, such a thread
// also has an alternate stack, so that an overflow of its own stack is reported.
#pragma once

#include <string_view>

#include "base/call_fields.h"

namespace ofn::os {

// The call that has started a thread, perhaps through other threads.
struct Starter {
  std::string_view function{};
  CallIds ids{};
};

// Returns the starter of this thread; without ids if it is unknown, and where a sanitizer has its own pthread_create().
// Lifetime: the thread's. A signal handler may call it. Cost: a load.
Starter starter_of_this_thread() noexcept;

// Returns true if the call that has started this thread has not ended. Takes a lock.
bool starter_is_in_flight();

}  // namespace ofn::os
