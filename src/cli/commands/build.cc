// functions-framework build -o FILE.so [flags]: compiles a function.

#include <array>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

std::string names_a_file(const std::string& text) {
  return text.empty() ? "needs the name of a file" : "";
}

constexpr std::array<FlagRow, 2> kFlags = {{
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "The .so to write",
     .kind = ValueKind::kFile,
     .words = ".so",
     .is_required = true,
     .problem = names_a_file},
    {.name = "json", .help = "Say the result as JSON"},
}};

std::expected<Command, std::string> read(Given& given) {
  return BuildCommand{
      .flags = given.settings(), .output = given.text("output"), .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kBuildRow = {
    .name = "build",
    .summary = "Compile a function into a .so, so that an image needs no compiler",
    .flags = kFlags,
    .takes = settings_of_builds,
    .read = read,
};

}  // namespace ofn::cli
