// functions-framework invoke [TARGET|PATH]: calls the function that a running loop serves.

#include <array>

#include "cli/canned_events.h"
#include "cli/commands/loop_flags.h"

namespace ofn::cli {

namespace {

constexpr const char* kPayload = "What is sent";
constexpr const char* kHow = "How often";

std::string is_a_name(const std::string& text) {
  const bool is_plain =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
      std::string::npos;
  return text.empty() || text.front() == '.' || !is_plain
             ? "expected a name of letters, digits and -_., found \"" + text + "\""
             : "";
}

constexpr auto kFlags = std::to_array<FlagRow>({
    {.name = "data", .letter = 'd', .value = "TEXT", .help = "The body", .group = kPayload},
    {.name = "file",
     .value = "FILE",
     .help = "A file with the body; - is standard input",
     .group = kPayload,
     .kind = ValueKind::kFile},
    {.name = "example",
     .value = "NAME",
     .help = "An event as a well-known sender makes it",
     .group = kPayload,
     .kind = ValueKind::kWord,
     .words = kCannedEvents},
    {.name = "header",
     .letter = 'H',
     .value = "NAME:VALUE",
     .help = "A header field; may be repeated",
     .group = kPayload,
     .is_repeated = true},
    {.name = "method",
     .value = "METHOD",
     .help = "The method [default POST with a body, GET without one]",
     .group = kPayload},
    {.name = "cloudevent", .help = "Send the body as a CloudEvent", .group = kPayload},
    {.name = "attribute",
     .value = "NAME=VALUE",
     .help = "An attribute of the CloudEvent, such as type=com.example.sent; may be repeated",
     .group = kPayload,
     .is_repeated = true},
    {.name = "binding",
     .value = "NAME",
     .help = "Deliver the body from this input binding, as a sidecar does",
     .group = kPayload},
    {.name = "topic",
     .value = "NAME",
     .help = "Deliver the body as an event of this topic, as a sidecar does",
     .group = kPayload},
    {.name = "save",
     .value = "NAME",
     .help = "Keep the body in testdata/ beside the source",
     .group = kPayload,
     .problem = is_a_name},
    {.name = "capture", .help = "Show what goes to outputs instead of sending it"},
    {.name = "repeat",
     .value = "N",
     .help = "How many calls; prints the times of all [default 1]",
     .group = kHow,
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 1000000},
    {.name = "concurrency",
     .value = "N",
     .help = "How many of them at a time [default 1]",
     .group = kHow,
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 256},
    {.name = "url", .value = "URL", .help = "Send the request to this server instead"},
    kInstanceFlag,
    kJsonFlag,
});

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "TARGET",
     .value = "TARGET",
     .help = "The function, or a path that begins with / [default the only function]",
     .kind = ValueKind::kTarget},
}};

std::expected<Command, std::string> read(Given& given) {
  auto fields = pairs_of(given, "header", ':');
  if (!fields) return std::unexpected(fields.error());
  auto attributes = pairs_of(given, "attribute", '=');
  if (!attributes) return std::unexpected(attributes.error());
  int sources = 0;
  for (const char* const flag : {"data", "file", "example"}) sources += given.has(flag) ? 1 : 0;
  if (sources > 1) return std::unexpected("only one of --data, --file and --example is possible");
  if (given.has("topic") && given.has("binding"))
    return std::unexpected("only one of --topic and --binding is possible");
  if ((given.has("topic") || given.has("binding")) && (given.has("TARGET") || given.has("method")))
    return std::unexpected("a delivery of an input has no path and no method");
  if (given.has("url") && given.number("concurrency", 1) > 1)
    return std::unexpected("--concurrency is for functions of a running loop, not for --url");
  return InvokeCommand{.target = given.text("TARGET"),
                       .instance = given.text("instance"),
                       .url = given.text("url"),
                       .data = given.has("data") ? std::optional(given.text("data")) : std::nullopt,
                       .file = given.text("file"),
                       .fields = *std::move(fields),
                       .method = given.text("method"),
                       .is_event = given.has("cloudevent") || !attributes->empty(),
                       .attributes = *std::move(attributes),
                       .binding = given.text("binding"),
                       .topic = given.text("topic"),
                       .example = given.text("example"),
                       .save = given.text("save"),
                       .times = given.number<std::size_t>("repeat", 1),
                       .at_a_time = given.number<std::size_t>("concurrency", 1),
                       .captures = given.has("capture"),
                       .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kInvokeRow = {
    .name = "invoke",
    .summary = "Call the function that `dev` serves",
    .description =
        "The newest build answers: a build under way is waited for, at most 10 s. "
        "Without a body, one is made from the schema of what the function takes. The "
        "answer's body goes to standard output, the rest to standard error.",
    .flags = kFlags,
    .arguments = kArguments,
    .read = read,
};

}  // namespace ofn::cli
