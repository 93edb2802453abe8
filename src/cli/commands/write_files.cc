// functions-framework __write-files DIR: the files that packages install beside the program.

#include <array>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "DIR",
     .value = "DIR",
     .help = "Folder like /usr/share",
     .kind = ValueKind::kFolder,
     .is_required = true,
     .problem = is_not_empty},
}};

std::expected<Command, std::string> read(Given& given) {
  return WriteFilesCommand{given.text("DIR")};
}

}  // namespace

constinit const CommandRow kWriteFilesRow = {
    .name = "__write-files",
    .summary = "Write the manual pages and the completions",
    .arguments = kArguments,
    .is_hidden = true,
    .read = read,
};

}  // namespace ofn::cli
