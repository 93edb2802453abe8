// functions-framework check [PATH]: finds mistakes in the files of a function.

#include <array>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 4> kFlags = {{
    {.name = "fix", .help = "Correct what is certain, and leave the rest of the files as it is"},
    {.name = "deep", .help = "Also compile and load the function, without running any of its code"},
    {.name = "json", .help = "Write the findings as JSON"},
    {.name = "sarif",
     .value = "FILE",
     .help = "Also write them as SARIF 2.1.0; - is standard output",
     .kind = ValueKind::kFile,
     .words = ".sarif|.json",
     .problem = is_not_empty},
}};

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "PATH",
     .value = "PATH",
     .help = "A folder or a source [default the working folder]",
     .kind = ValueKind::kSource},
}};

// What names files, and what a start would read.
bool takes(const FlagSpec& spec) {
  return spec.group == FlagGroup::kFunction || spec.group == FlagGroup::kFiles ||
         spec.flag == Flag::kComponents;
}

std::expected<Command, std::string> read(Given& given) {
  if (given.has("json") && given.text("sarif") == "-")
    return std::unexpected("--json and --sarif - both write to standard output: name a file");
  return CheckCommand{.flags = given.settings(),
                      .path = given.text("PATH"),
                      .fixes = given.has("fix"),
                      .deep = given.has("deep"),
                      .json = given.has("json"),
                      .sarif = given.text("sarif")};
}

}  // namespace

constinit const CommandRow kCheckRow = {
    .name = "check",
    .summary = "Find mistakes in a function's files before it runs, and correct some",
    .description =
        "Checks the context, the components, the files of variables, the manifests, and "
        "whether they agree with each other and with the names in the code. Compiles "
        "nothing, unless --deep is given. docs/check.md has all rules.",
    .flags = kFlags,
    .arguments = kArguments,
    .takes = takes,
    .read = read,
};

}  // namespace ofn::cli
