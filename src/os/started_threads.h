// Remembers which call of a function has started a thread, so that a report about the thread can name the call.
//
// The program has a pthread_create() in place of the C library's, which the author's code and std::thread call. If WatchedProcess
// reports to the author, a thread that a call starts knows the call's id, and so do the threads that it starts. Such a thread
// also has an alternate stack, so that an overflow of its own stack is reported.
#pragma once

#include <string_view>

namespace ofn::os {

// Returns the id of the request whose call has started this thread, perhaps through other threads; empty if it is unknown. A
// signal handler may call it.
std::string_view starter_of_this_thread() noexcept;

}  // namespace ofn::os
