// An invariant broken inside the program aborts loudly; what peers and users do wrong is an Error
// instead.
#pragma once

#include <source_location>

namespace ofn {
[[noreturn]] void check_failed(const char* expression, std::source_location location) noexcept;
}

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the expression's text is wanted.
#define OFN_CHECK(condition)                         \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::ofn::check_failed(#condition, std::source_location::current()))
