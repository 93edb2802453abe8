// functions-framework mcp: tools for agents.

#include <array>

#include "cli/commands/loop_flags.h"

namespace ofn::cli {

namespace {

constexpr auto kFlags = std::to_array<FlagRow>({
    {.name = "allow",
     .value = "TOOL",
     .help = "A tool that runs the function's code; may be repeated [default none]",
     .kind = ValueKind::kWord,
     .words = "invoke|test",
     .is_repeated = true},
    kInstanceFlag,
});

std::expected<Command, std::string> read(Given& given) {
  return McpCommand{.instance = given.text("instance"), .allowed = given.all("allow")};
}

}  // namespace

constinit const CommandRow kMcpRow = {
    .name = "mcp",
    .summary = "Serve the developer's commands as tools for agents, on standard input and output",
    .description =
        "The Model Context Protocol: status, requests, wait and docs, and with --allow "
        "also invoke and test.",
    .flags = kFlags,
    .read = read,
};

}  // namespace ofn::cli
