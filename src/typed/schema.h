// The JSON Schema of typed functions.
#pragma once

#include <span>
#include <string>

#include "function/function.h"

namespace ofn {

// Returns the JSON Schema (2020-12) of all functions with arguments or results of the author's types, with a final line break:
//   {"$schema": …, "functions": {"order": {"argument": {…}, "result": {…}}}, "$defs": {…}}
std::string schema_of(std::span<const Function> functions);

}  // namespace ofn
