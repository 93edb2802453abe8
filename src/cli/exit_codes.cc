#include "cli/exit_codes.h"

#include <algorithm>
#include <array>

#include "cli/command_table.h"

namespace ofn::cli {

namespace {

// Sorted. 6 and 7 were promised to those who start servers before the commands of the developer's
// loop got them; no program starts both kinds without knowing which one it starts.
constexpr std::array kCodes = std::to_array<ExitCode>({
    {"0", "done"},
    {"1", "anything that has no code of its own"},
    {"2", "a flag, a variable or a line of an --env-file is wrong"},
    {"3", "the function cannot be loaded", "serve|dev|build|image|manifest|test"},
    {"4", "the context is invalid", "serve|dev|manifest|test"},
    {"5", "the port cannot be listened on", "serve|dev|sidecar"},
    {"6", "the function ended the process", "serve|dev"},
    {"6", "a test failed, or none ran", "test"},
    {"7", "errors were found", "check|doctor"},
    {"8", "no program of the developer's loop runs", "invoke|requests|replay|wait|logs|mcp"},
    {"9", "the function answered with a status of 400 or above", "invoke|replay"},
    {"128 + N", "ended by signal N", "serve|dev"},
});

}  // namespace

std::span<const ExitCode> exit_codes() noexcept { return kCodes; }

bool has_exit_code(std::string_view command, const ExitCode& code) {
  const std::vector<std::string> commands = words_of(code.commands);
  return commands.empty() ||
         std::ranges::find(commands, command.empty() ? "serve" : command) != commands.end();
}

}  // namespace ofn::cli
