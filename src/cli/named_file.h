// The content of a file that a flag or a variable names.
#pragma once

#include <expected>
#include <string>

#include "context/settings.h"
#include "document/problem.h"

namespace ofn::cli {

// Errors: a problem that names the flag or variable, the file, and why it cannot be read.
std::expected<std::string, Problem> read_named_file(const std::string& file, const Origin& origin);

}  // namespace ofn::cli
