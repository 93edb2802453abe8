// Files of variables, as --env-file names them: one NAME=value in a line.
//
//   # the function's settings
//   export GREETING="Hello,\nworld"      # the word export changes nothing
//   PASSWORD='kept $as it is'
//   PORT=8081
//
// It is read so:
//
//   auto variables = parse_env_file("dev.env", text, notes);
//   if (!variables) for (const Problem& problem : variables.error()) say(problem.text());
//   const Environment all = with_variables(env, lacking(env, *variables, notes));
//
// The grammar, which docs/flags.md promises:
// - Lines end with LF or CR LF. A byte order mark at the beginning is skipped.
// - Blanks (space, tab) may stand at both ends of a line, and around the first "=".
// - A line that is blank, or begins with "#", has no meaning. "export" and a blank may come before
//   the name.
// - A name has letters, digits, "_", "-" and "."; it does not begin with a digit.
// - A value that begins with ' ends with the next ', and all between them is the value.
// - A value that begins with " ends with the next " that has no backslash before it. Within it \n,
//   \r, \t, \", \\ and \$ stand for a line feed, a carriage return, a tab, ", \ and $.
// - Any other value is all that follows "=", up to a blank and "#", or to the end of the line.
// - After a quoted value, only blanks and a comment may follow. A value is never continued on the
//   next line.
// - "$" stands for itself everywhere: no variable is expanded, because files of different tools
//   mean different things by it.
// - If a name is given twice, the last one counts, with a warning.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "context/environment.h"
#include "document/problem.h"

namespace ofn {

struct FileVariable {
  std::string name;
  std::string value;  // may be a secret, and may be empty
  std::string place;  // "dev.env:3"
  friend bool operator==(const FileVariable&, const FileVariable&) = default;
};

// Returns the variables in the order of the file. `file` is its name for messages.
// Errors: the first 20 mistakes, each with file and line as its source; they show no part of a
// line, which may be a secret. Any bytes are accepted except NUL.
// Cost: linear.
std::expected<std::vector<FileVariable>, std::vector<Problem>> parse_env_file(
    std::string_view file, std::string_view text, std::vector<Note>& notes);

// Returns the variables that the environment does not have, the last one of each name. A variable
// that the environment has, even if it is empty, is left out with a note.
std::vector<FileVariable> lacking(const Environment& env, std::vector<FileVariable> variables,
                                  std::vector<Note>& notes);

// Returns the environment with these variables, which it lacks. Messages name them by their place.
Environment with_variables(const Environment& env, std::vector<FileVariable> variables);

}  // namespace ofn
