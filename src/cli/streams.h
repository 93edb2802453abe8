// The messages for the person who started the program. This is the only code of the project that
// prints.
#pragma once

#include <span>
#include <string_view>

#include "base/log.h"
#include "cli/command_line.h"
#include "cli/configuration.h"
#include "document/problem.h"

namespace ofn::cli {

// Writes the text unchanged to standard output, for --help or a dry run. Returns kExitOk. If the
// text cannot be written (a full disk), complains and returns kExitFailure.
[[nodiscard]] Exit print(std::string_view text);
// Writes "functions-framework: text" as a line to standard error: the reason why the program ends.
void complain(std::string_view text);
// The same, but returns `code`, for use in a return statement.
[[nodiscard]] Exit complain(std::string_view text, Exit code);
// The same for each problem, one line for each.
[[nodiscard]] Exit complain(std::span<const Problem> problems, Exit code);
// The same for each message of the error. Returns its exit code.
[[nodiscard]] Exit complain(const ConfigurationError& error);
// Writes the buffered output, including the function's.
void flush_output();
// Writes the start's notes as log lines.
void log_notes(std::span<const Note> notes, Log& log);

}  // namespace ofn::cli
