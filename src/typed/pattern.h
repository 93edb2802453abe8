// The patterns of texts: OFN_FIELDS(Order, (code, ofn::pattern<"^[A-Z]{3}$">)).
//
// PCRE2 compares. The program opens that library when the first pattern is used. A comparison has a limit, because a pattern may need
// exponential time for a text that a client chooses.
#pragma once

#include <cstdint>
#include <string_view>

#include <ofn/abi.h>

#include "base/error.h"

namespace ofn {

// Compiles a pattern, unless that is done.
// Errors: kInvalidArgument with the mistake and its place in the pattern; kFailedPrecondition if PCRE2 is missing.
// Threads: any.
Result<void> compile(abi::Pattern& pattern);

enum class PatternMatch : std::uint8_t { kYes, kNo, kTooDear };

// Returns whether the pattern matches some part of a UTF-8 text. kTooDear: the comparison was given up.
// Errors: std::logic_error with the text of compile(), for a pattern that was not checked at the start.
PatternMatch match(abi::Pattern& pattern, std::string_view text);

}  // namespace ofn
