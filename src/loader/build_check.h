// Was a program compiled as the framework was? Asked of the ABI notes, before anything of the
// program runs.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace ofn::loader {

// Compares a note's "name=value" lines (<ofn/abi.h>) with the framework's.
// Errors: one message that says which property differs, what the program has, what the framework
// has and how to mend it, for each of them. It continues "File x ".
Result<void> check_build(std::string_view program, std::string_view framework);

// The same for every note of a shared object. Not to be loaded: no shared object, damaged, without
// a note, or built otherwise. The message begins "File <source> ".
Result<void> check_program(const std::filesystem::path& path, std::string_view source);

}  // namespace ofn::loader
