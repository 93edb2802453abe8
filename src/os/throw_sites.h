// Remembers where exceptions are thrown, so that the code that catches one can tell its author.
//
//   const std::vector<SourceFrame> site = throw_site(std::current_exception());
//
// The C++ runtime prepares each new exception by one function of its binary interface, whoever throws it: the author's code, the
// standard library, or std::make_exception_ptr(). The program has a function of that name, which notes the stack and calls the
// runtime's. It is not called if an exception is thrown again, so the place is the original one.
#pragma once

#include <exception>
#include <vector>

#include "os/stack_text.h"
#include "os/symbols.h"

namespace ofn::os {

// Returns the author's frames of the place at which the exception was thrown first, the innermost first. Returns none if it is
// unknown: if WatchedProcess does not report to the author, if more than 127 exceptions were thrown since, or if the stack has no
// frame of the author's.
// Threads: any. Cost: that of author_stack().
std::vector<SourceFrame> throw_site(const std::exception_ptr& exception);

// Copies the whole stack of that place. Returns false if it is unknown. A handler of std::terminate() may call it.
bool find_throw_frames(const std::exception_ptr& exception, Frames& frames);

}  // namespace ofn::os
