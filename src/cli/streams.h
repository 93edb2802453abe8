// What the program says to the person who started it: the one place of the house that prints.
#pragma once

#include <span>
#include <string_view>

#include "base/log.h"
#include "cli/command_line.h"
#include "document/problem.h"

namespace ofn::cli {

// To standard output, as it is: answers to what was asked (--help, a dry run).
// Returns kExitOk; kExitFailure, after a complaint, where it cannot be written (a full disk).
[[nodiscard]] Exit print(std::string_view text);
// To standard error, "functions-framework: text" on a line of its own: why the program ends.
void complain(std::string_view text);
// Every problem, a line each.
void complain(std::span<const Problem> problems);
// What is printed and not yet written, also what the function printed.
void flush_output();
// Notes of the start, as log lines.
void log_notes(std::span<const Note> notes, Log& log);

}  // namespace ofn::cli
