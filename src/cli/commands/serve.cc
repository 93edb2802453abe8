// functions-framework [flags]: serves the function.

#include <algorithm>
#include <array>
#include <string>

#include "cli/commands/rows.h"
#include "cli/parts.h"

namespace ofn::cli {

namespace {

constexpr std::string_view kVersion = "functions-framework " OFN_VERSION;

constexpr std::array<FlagRow, 4> kFlags = {{
    {.name = "no-watch",
     .help = "With --debug: do not serve the function anew when a file is saved",
     .group = "Modes"},
    {.name = "wait-for-debugger",
     .help = "Wait until a debugger has attached, before the function is loaded",
     .group = "Modes"},
    {.name = "version", .help = "Print the version"},
    {.name = "verbose", .help = "With --version: also the libraries that the program contains"},
}};

std::string variables() {
  std::string text = "Other variables:\n";
  for (const VariableSpec& variable : variable_table()) {
    std::string name = "  " + std::string(variable.name);
    name.resize(std::max<std::size_t>(name.size() + 1, 30), ' ');
    text += name + std::string(variable.help) + "\n";
  }
  return text;
}

std::expected<Command, std::string> read(Given& given) {
  const bool is_verbose = given.has("verbose");
  if (given.has("version")) {
    return ShowCommand{std::string(kVersion) + "\n" +
                       (is_verbose ? "It contains:\n" + std::string(parts_text()) : std::string())};
  }
  if (is_verbose) return std::unexpected("--verbose has an effect only with --version");
  return ServeCommand{.flags = given.settings(),
                      .watches = !given.has("no-watch"),
                      .waits_for_debugger = given.has("wait-for-debugger")};
}

}  // namespace

constinit const CommandRow kServeRow = {
    .name = "",
    .summary = "Serves a C++ function over HTTP and CloudEvents",
    .description =
        "Serves a C++ function over HTTP and CloudEvents, and sends its results to Dapr outputs. "
        "It sends no telemetry, looks for no updates, and uses the network only for what the "
        "function and its flags ask for.",
    .flags = kFlags,
    .takes = every_setting,
    .footer = variables,
    .read = read,
};

}  // namespace ofn::cli
