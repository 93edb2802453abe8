// Checks from the ABI notes whether a program was compiled as the framework was, before any code of
// the program runs.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/error.h"

namespace ofn::loader {

// Compares a note's "name=value" lines (<ofn/abi.h>) with the framework's. `process_has`: returns
// true if this process has the runtime of that sanitizer (process_has_sanitizer()).
// Errors: one message that contains, for each property that differs, the program's value, the
// framework's value and how to correct it. It continues "File x ".
Result<void> check_build(std::string_view program, std::string_view framework,
                         const std::function<bool(std::string_view)>& process_has);

// Does the same for every note of a shared object. Errors: not a shared object, damaged, without a
// note, or compiled differently. The message begins "File <source> ".
Result<void> check_program(const std::filesystem::path& path, std::string_view source);

}  // namespace ofn::loader
