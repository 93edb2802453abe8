// Runs an author's code, and catches its exceptions. It is the only place that does.
//
//   if (const auto crash = guarded([&] { function.invoke(call, outcome); })) say(crash->text());
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_fields.h"
#include "base/log.h"
#include "os/stack_text.h"

namespace ofn {

// The reason why an author's code failed.
struct Crash {
  std::string exception;  // the type, demangled; empty if nothing was thrown
  std::string what;
  // The author's frames of the throw site, the innermost first, if os::WatchedProcess reports to the author, and if the exception
  // is neither a BadInput nor an HttpError (os/throw_sites.h).
  std::vector<os::SourceFrame> frames{};
  bool no_memory = false;      // std::bad_alloc; a later call may succeed
  bool is_bad_input = false;   // BadInput was thrown: `what` is for the client
  bool is_http_error = false;  // HttpError was thrown: the same
  std::string text() const;    // "exception: what", or the one that is not empty
};

// Threads: any. Errors: every thrown value is a crash, whether or not it is a std::exception. Only
// the forced unwinding of a thread (pthread_cancel) continues. A process that the code forked ends
// here. Cost: allocates nothing unless the code throws. A throw site is looked up and described then. `thrown`: gets what was
// thrown, if it is not null.
std::optional<Crash> guarded(void (*code)(void*), void* argument,
                             std::exception_ptr* thrown = nullptr);

template <class Code>
std::optional<Crash> guarded(Code code, std::exception_ptr* thrown = nullptr) {
  return guarded([](void* argument) { (*static_cast<Code*>(argument))(); }, &code, thrown);
}

// Writes a line of level error with the fields, then "exception" and "error", and "stack" and "source_line" if they are
// known.
void log_crash(Log& log, std::string_view message, CallFields fields, const Crash& crash);

}  // namespace ofn
