// A broken invariant is a bug of this program, and aborts with a message. Mistakes of peers and of
// users are Errors instead.
#pragma once

#include <source_location>

namespace ofn {
[[noreturn]] void check_failed(const char* expression, std::source_location location) noexcept;
}

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the message needs the expression's text.
#define OFN_CHECK(condition)                         \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::ofn::check_failed(#condition, std::source_location::current()))
