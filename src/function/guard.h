// Runs an author's code: the one place that catches what it throws.
//
//   if (const auto crash = guarded([&] { function.invoke(call, outcome); })) log(crash->text());
#pragma once

#include <optional>
#include <string>

namespace ofn {

// Why an author's code gave up.
struct Crash {
  std::string exception;  // the type, demangled; empty when nothing was thrown
  std::string what;
  bool no_memory = false;     // std::bad_alloc: it may go well when there is more
  bool is_bad_input = false;  // it threw a BadInput: `what` is for the caller
  std::string text() const;   // "exception: what", or the one that is not empty
};

// Threads: any. Errors: whatever is thrown is a crash, also what is no std::exception; only a
// thread's forced unwinding (pthread_cancel) goes on. A process that the code forked ends here. Cost: allocates nothing unless it throws.
std::optional<Crash> guarded(void (*code)(void*), void* argument);

template <class Code>
std::optional<Crash> guarded(Code code) {
  return guarded([](void* argument) { (*static_cast<Code*>(argument))(); }, &code);
}

}  // namespace ofn
