// functions-framework new NAME [--template T]: writes a project.

#include <array>
#include <string>
#include <vector>

#include "cli/commands/rows.h"
#include "embedded/template_files.h"

namespace ofn::cli {

namespace {

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const embedded::Template& each : embedded::templates()) names.emplace_back(each.name);
  return names;
}

constexpr std::array<FlagRow, 3> kFlags = {{
    {.name = "template",
     .value = "TEMPLATE",
     .help = "http, typed, cloudevent, openfunction, cron, mqtt, topic or stream [default http]",
     .kind = ValueKind::kWord,
     .more_words = template_names},
    {.name = "force", .help = "Write over files that exist"},
    {.name = "json", .help = "Say what was written as JSON"},
}};

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "NAME",
     .value = "NAME",
     .help = "Folder to make; its name is the project's, and the function's in C++",
     .kind = ValueKind::kFolder,
     .is_required = true,
     .problem = is_not_empty},
}};

std::expected<Command, std::string> read(Given& given) {
  return NewCommand{.folder = given.text("NAME"),
                    .template_name = given.text("template"),
                    .overwrites = given.has("force"),
                    .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kNewRow = {
    .name = "new",
    .summary = "Write a project: a function, its test, and what editors need",
    .description =
        "Writes a project: a function, its test, what it needs on this machine, and what editors "
        "and build systems need. It never overwrites a file without --force.",
    .flags = kFlags,
    .arguments = kArguments,
    .read = read,
};

}  // namespace ofn::cli
