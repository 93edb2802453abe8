// functions-framework requests [ID], and replay ID: the last calls of a running loop.

#include <array>

#include "cli/commands/loop_flags.h"

namespace ofn::cli {

namespace {

constexpr auto kFlags = std::to_array<FlagRow>({
    {.name = "follow", .letter = 'f', .help = "Go on with the calls that come"},
    {.name = "status", .value = "STATUS", .help = "Only with this status, such as 404 or 5xx"},
    {.name = "function", .value = "NAME", .help = "Only of this function"},
    {.name = "path", .value = "PATH", .help = "Only with paths that begin with this"},
    {.name = "kind",
     .value = "KIND",
     .help = "Only of this kind",
     .kind = ValueKind::kWord,
     .words = "request|topic|bulk|binding"},
    {.name = "build",
     .value = "N",
     .help = "Only by this build",
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 1000000000},
    {.name = "failed", .help = "Only those that failed"},
    {.name = "probes", .help = "Probes, too"},
    {.name = "limit",
     .value = "N",
     .help = "At most so many [default 100]",
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 1000},
    kInstanceFlag,
    kJsonFlag,
});

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "ID", .value = "ID", .help = "One call, with its contents; `last` is the newest one"},
}};

std::expected<Command, std::string> read(Given& given) {
  RequestsCommand command{.id = given.text("ID"),
                          .instance = given.text("instance"),
                          .follows = given.has("follow"),
                          .json = given.has("json")};
  for (const char* const name : {"status", "function", "path", "kind", "build", "limit"}) {
    if (given.has(name)) command.filters.emplace_back(name, given.text(name));
  }
  for (const char* const name : {"failed", "probes"}) {
    if (given.has(name)) command.filters.emplace_back(name, "true");
  }
  if (!command.id.empty() && (command.follows || !command.filters.empty()))
    return std::unexpected("one call is shown without --follow and without filters");
  return command;
}

constexpr auto kReplayFlags = std::to_array<FlagRow>({
    {.name = "send", .help = "Send what goes to outputs, instead of showing it"},
    kInstanceFlag,
    kJsonFlag,
});

constexpr std::array<FlagRow, 1> kReplayArguments = {{
    {.name = "ID",
     .value = "ID",
     .help = "The call, as `requests` lists it; `last` is the newest one",
     .is_required = true},
}};

std::expected<Command, std::string> read_replay(Given& given) {
  return ReplayCommand{.id = given.text("ID"),
                       .instance = given.text("instance"),
                       .sends = given.has("send"),
                       .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kRequestsRow = {
    .name = "requests",
    .summary = "Show the last calls of the function that `dev` serves",
    .flags = kFlags,
    .arguments = kArguments,
    .read = read,
};

constinit const CommandRow kReplayRow = {
    .name = "replay",
    .summary = "Send one of the last calls again, to the newest build",
    .description =
        "What the call sends to outputs is shown and not sent, unless --send is given. "
        "Values that are secrets are not recorded, so they are left out.",
    .flags = kReplayFlags,
    .arguments = kReplayArguments,
    .read = read_replay,
};

}  // namespace ofn::cli
