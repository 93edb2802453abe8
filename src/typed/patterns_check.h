// Checks the patterns of authors' types before the first request.
#pragma once

#include <span>

#include "base/error.h"
#include "function/function.h"

namespace ofn {

// Compiles each pattern of the types of these functions.
// Errors: those of compile(), with the function, its place, the type and the field.
Result<void> compile_patterns(std::span<const Function> functions);

}  // namespace ofn
