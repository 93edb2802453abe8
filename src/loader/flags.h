// The author's compiler flags, from one string to arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::loader {

// Splits as a POSIX shell does: blanks separate, '…' is verbatim, in "…" and outside a backslash
// takes the next character as it is. Nothing is expanded.
// Errors: a quote that is not closed.
Result<std::vector<std::string>> split_flags(std::string_view text);

// What `@file` among the flags stands for: the texts of all such files, also of those that they name
// in turn. One that cannot be read is the compiler's to complain about.
std::string response_files(std::span<const std::string> flags);

}  // namespace ofn::loader
