// functions-framework manifest check FILE…: checks manifests.

#include <array>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 1> kFlags = {{
    {.name = "json", .help = "Say the result as JSON"},
}};

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "FILE",
     .value = "FILE",
     .help = "YAML files",
     .kind = ValueKind::kFile,
     .words = ".yaml|.yml",
     .is_required = true,
     .is_repeated = true},
}};

std::expected<Command, std::string> read(Given& given) {
  return ManifestCheckCommand{.files = given.all("FILE"), .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kManifestCheckRow = {
    .name = "manifest check",
    .summary = "Say what is wrong in manifests, and what to change",
    .flags = kFlags,
    .arguments = kArguments,
    .read = read,
};

}  // namespace ofn::cli
