// Runs an author's code, and catches its exceptions. It is the only place that does.
//
//   if (const auto crash = guarded([&] { function.invoke(call, outcome); })) say(crash->text());
#pragma once

#include <optional>
#include <string>

namespace ofn {

// The reason why an author's code failed.
struct Crash {
  std::string exception;  // the type, demangled; empty if nothing was thrown
  std::string what;
  bool no_memory = false;     // std::bad_alloc; a later call may succeed
  bool is_bad_input = false;  // BadInput was thrown: `what` is for the client
  std::string text() const;   // "exception: what", or the one that is not empty
};

// Threads: any. Errors: every thrown value is a crash, whether or not it is a std::exception. Only
// the forced unwinding of a thread (pthread_cancel) continues. A process that the code forked ends
// here. Cost: allocates nothing unless the code throws.
std::optional<Crash> guarded(void (*code)(void*), void* argument);

template <class Code>
std::optional<Crash> guarded(Code code) {
  return guarded([](void* argument) { (*static_cast<Code*>(argument))(); }, &code);
}

}  // namespace ofn
