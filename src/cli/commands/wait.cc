// functions-framework wait --output NAME, and logs: what a running loop sends and says.

#include <array>
#include <chrono>

#include "cli/commands/loop_flags.h"
#include "context/units.h"

namespace ofn::cli {

namespace {

std::string is_duration(const std::string& text) {
  return parse_duration(text) ? "" : "expected a time such as 500ms or 5s, found \"" + text + "\"";
}

long milliseconds_of(const Given& given, std::string_view flag, long otherwise) {
  if (!given.has(flag)) return otherwise;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*parse_duration(given.text(flag)))
      .count();
}

constexpr auto kFlags = std::to_array<FlagRow>({
    {.name = "output", .value = "NAME", .help = "The output, as the context names it"},
    {.name = "match",
     .value = "PATH=VALUE",
     .help = "What its data must have: order.id=7; @NAME=VALUE is metadata, =VALUE all of it; may "
             "be repeated",
     .is_repeated = true},
    {.name = "timeout",
     .value = "TIME",
     .help = "How long to wait [default 5s]",
     .problem = is_duration},
    {.name = "since",
     .value = "TIME",
     .help = "Count what was sent within this time before, too [default 0s]",
     .problem = is_duration},
    kInstanceFlag,
    kJsonFlag,
});

std::expected<Command, std::string> read(Given& given) {
  auto conditions = pairs_of(given, "match", '=', Names::kMayBeEmpty);
  if (!conditions) return std::unexpected(conditions.error());
  return WaitCommand{.output = given.text("output"),
                     .instance = given.text("instance"),
                     .conditions = *std::move(conditions),
                     .timeout_ms = milliseconds_of(given, "timeout", 5000),
                     .since_ms = milliseconds_of(given, "since", 0),
                     .json = given.has("json")};
}

constexpr auto kLogsFlags = std::to_array<FlagRow>({
    {.name = "follow", .letter = 'f', .help = "Go on with the lines that come"},
    {.name = "lines",
     .letter = 'n',
     .value = "N",
     .help = "At most so many of those that are kept [default 1000]",
     .kind = ValueKind::kNumber,
     .least = 0,
     .most = 1000},
    kInstanceFlag,
    kJsonFlag,
});

std::expected<Command, std::string> read_logs(Given& given) {
  return LogsCommand{.instance = given.text("instance"),
                     .lines = given.number<std::size_t>("lines", 1000),
                     .follows = given.has("follow"),
                     .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kWaitRow = {
    .name = "wait",
    .summary = "Wait until the function has sent something to an output",
    .description =
        "Without --output, any output counts. If nothing that matches is sent in time, "
        "the exit code is 1.",
    .flags = kFlags,
    .read = read,
};

constinit const CommandRow kLogsRow = {
    .name = "logs",
    .summary = "Show the last lines of the log of the function that `dev` serves",
    .flags = kLogsFlags,
    .read = read_logs,
};

}  // namespace ofn::cli
