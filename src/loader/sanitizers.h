// Sanitizers of programs: the compiler adds checks to the author's code, and calls a runtime that
// must be in the process from its start.
//
//   if (!process_has_sanitizer("address")) …
#pragma once

#include <string>
#include <string_view>

namespace ofn::loader {

// Returns true if this process has the runtime of that sanitizer, as an ABI note names it. It has
// one if it was linked with it, or if LD_PRELOAD named its library.
bool process_has_sanitizer(std::string_view name);

// Returns the name of the library with that runtime, "libasan.so"; empty if there is none.
std::string sanitizer_library(std::string_view name);

}  // namespace ofn::loader
