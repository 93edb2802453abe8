// functions-framework dev [flags]: the developer's loop.

#include <array>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 6> kFlags = {{
    {.name = "no-watch", .help = "Do not watch files; the key b begins a build"},
    {.name = "json", .help = "Write what happens as NDJSON to standard output"},
    {.name = "release", .help = "Compile as `build` does, to measure the function"},
    {.name = "sanitize",
     .value = "NAMES",
     .help = "Compile for sanitizers, such as address,undefined",
     .words = "address,undefined|address|undefined|thread"},
    {.name = "wait-for-debugger",
     .help = "Wait until a debugger has attached, before the function is loaded"},
    {.name = "verbose", .help = "Show probes and more of each call and reload"},
}};

std::expected<Command, std::string> read(Given& given) {
  return DevCommand{.flags = given.settings(),
                    .watches = !given.has("no-watch"),
                    .verbose = given.has("verbose"),
                    .json = given.has("json"),
                    .is_release = given.has("release"),
                    .sanitizers = given.text("sanitize"),
                    .waits_for_debugger = given.has("wait-for-debugger")};
}

}  // namespace

constinit const CommandRow kDevRow = {
    .name = "dev",
    .summary = "Serve the function while you work on it: each save is compiled and served at once",
    .flags = kFlags,
    .takes = every_setting,
    .read = read,
};

}  // namespace ofn::cli
