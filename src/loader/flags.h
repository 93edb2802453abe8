// The author's compiler flags, from one string to arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::loader {

// Splits as a POSIX shell does: blanks separate, '…' is verbatim, in "…" and outside a backslash
// takes the next character as it is. Nothing is expanded.
// Errors: a quote that is not closed.
Result<std::vector<std::string>> split_flags(std::string_view text);

}  // namespace ofn::loader
