// The exit codes of the program as data, for --help and the manual pages. docs/flags.md has the
// same table.
//
//   for (const ExitCode& each : exit_codes()) text += std::string(each.code) + "\n";
#pragma once

#include <span>
#include <string_view>

namespace ofn::cli {

struct ExitCode {
  std::string_view code;  // "0"; "128 + N"
  std::string_view meaning;
  // The commands that have it, with "|" between them, "serve" for the program without a command;
  // empty: all.
  std::string_view commands = {};
};

std::span<const ExitCode> exit_codes() noexcept;
// Returns true if the command ends with the code. `command`: empty for the program without one.
bool has_exit_code(std::string_view command, const ExitCode& code);

}  // namespace ofn::cli
