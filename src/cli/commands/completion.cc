// functions-framework completion SHELL: prints the completion for a shell.

#include "cli/completion.h"

#include <array>
#include <string>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "SHELL",
     .value = "SHELL",
     .help = "bash, zsh or fish",
     .kind = ValueKind::kWord,
     .is_required = true,
     .more_words = shells},
}};

std::expected<Command, std::string> read(Given& given) {
  return ShowCommand{std::string(completion_script(given.text("SHELL")))};
}

}  // namespace

constinit const CommandRow kCompletionRow = {
    .name = "completion",
    .summary = "Print the completion for a shell, which the packages install",
    .description =
        "Prints the completion for a shell. The packages install all three. For a program without "
        "a package: source <(ff completion bash), or the same for zsh, or ff completion fish | "
        "source.",
    .arguments = kArguments,
    .read = read,
};

// Asked by the scripts. The parser answers it before any flag is read.
constinit const CommandRow kCompleteRow = {
    .name = "__complete",
    .summary = "Print the words that complete a line",
    .is_hidden = true,
    .read = read,
};

}  // namespace ofn::cli
