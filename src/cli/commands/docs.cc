// functions-framework docs [TOPIC | --list | --grep RE]: the documents of this version.

#include <array>
#include <string>
#include <vector>

#include "cli/commands/rows.h"
#include "embedded/pages.h"

namespace ofn::cli {

namespace {

std::vector<std::string> topics() {
  std::vector<std::string> topics;
  for (const embedded::Page& page : embedded::pages()) topics.push_back(page.topic);
  topics.emplace_back(kLlmsTopic);
  return topics;
}

constexpr std::array<FlagRow, 3> kFlags = {{
    {.name = "list", .help = "List the topics; so does the command without a topic"},
    {.name = "grep",
     .value = "RE",
     .help = "Show the lines that contain an extended regular expression, in any case",
     .problem = is_not_empty},
    {.name = "json", .help = "Say it as JSON"},
}};

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "TOPIC",
     .value = "TOPIC",
     .help = "A topic of the list, or llms.txt, the list for programs that read documents",
     .kind = ValueKind::kWord,
     .more_words = topics},
}};

std::expected<Command, std::string> read(Given& given) {
  DocsCommand command{
      .topic = given.text("TOPIC"), .expression = given.text("grep"), .json = given.has("json")};
  const int asked = (given.has("list") ? 1 : 0) + (command.topic.empty() ? 0 : 1) +
                    (command.expression.empty() ? 0 : 1);
  if (asked > 1) return std::unexpected("docs: expected one of TOPIC, --list and --grep");
  return command;
}

}  // namespace

constinit const CommandRow kDocsRow = {
    .name = "docs",
    .summary = "Show the documents of this version, without a network",
    .description =
        "Shows the documents of this version, which the program carries. A terminal gets text, "
        "and anything else the page's Markdown.",
    .flags = kFlags,
    .arguments = kArguments,
    .read = read,
};

}  // namespace ofn::cli
