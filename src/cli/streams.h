// The messages to the person who started the program: the one place of the house that prints.
#pragma once

#include <span>
#include <string_view>

#include "base/log.h"
#include "cli/command_line.h"
#include "document/problem.h"

namespace ofn::cli {

// Writes the text to standard output, as it is: the answer to --help, a dry run.
// Returns kExitOk; or, after a complaint, kExitFailure if it cannot be written (a full disk).
[[nodiscard]] Exit print(std::string_view text);
// Writes "functions-framework: text" to standard error, on a line of its own: why the program ends.
void complain(std::string_view text);
// The same, for one return statement: returns `code`.
[[nodiscard]] Exit complain(std::string_view text, Exit code);
// The same for every problem, a line each.
[[nodiscard]] Exit complain(std::span<const Problem> problems, Exit code);
// Writes the buffered output, also that of the function.
void flush_output();
// Writes notes of the start as log lines.
void log_notes(std::span<const Note> notes, Log& log);

}  // namespace ofn::cli
