// functions-framework test [SOURCE] [flags]: builds and runs the tests of a function.

#include <array>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 5> kFlags = {{
    {.name = "filter",
     .value = "TEXT",
     .help = "Only tests with this text in their name, or a pattern of GoogleTest such as Hello.*"},
    {.name = "sanitize",
     .value = "NAMES",
     .help = "Sanitizers, or none (default: address,undefined)",
     .kind = ValueKind::kWord,
     .words = "address,undefined|address|undefined|thread|none"},
    {.name = "junit",
     .value = "FILE",
     .help = "Write the results as XML to this file",
     .kind = ValueKind::kFile,
     .words = ".xml"},
    {.name = "json", .help = "Print the results as JSON"},
    {.name = "update", .help = "Take the answers of now as snapshots"},
}};

std::expected<Command, std::string> read(Given& given) {
  const std::string sanitizers = given.text("sanitize", "address,undefined");
  return TestCommand{.flags = given.settings(),
                     .filter = given.text("filter"),
                     .sanitizers = sanitizers == "none" ? std::string() : sanitizers,
                     .junit = given.text("junit"),
                     .json = given.has("json"),
                     .updates = given.has("update")};
}

constexpr std::array<FlagRow, 1> kRunFlags = {{
    {.name = "filter", .value = "PATTERN", .help = "Which tests run"},
}};
constexpr std::array<FlagRow, 2> kRunArguments = {{
    {.name = "PROGRAM",
     .value = "PROGRAM",
     .help = "A .so with tests",
     .kind = ValueKind::kFile,
     .is_required = true},
    {.name = "REPORT",
     .value = "REPORT",
     .help = "The file for the results",
     .kind = ValueKind::kFile,
     .is_required = true},
}};

std::expected<Command, std::string> read_run(Given& given) {
  return RunTestsCommand{.program = given.text("PROGRAM"),
                         .report = given.text("REPORT"),
                         .filter = given.text("filter", "*")};
}

}  // namespace

constinit const CommandRow kTestRow = {
    .name = "test",
    .summary = "Build and run the tests of a function, with sanitizers",
    .description =
        "The tests are the files beside the source whose names end in _test.cc. They use the test "
        "kit <ofn/testing/gtest.h>. Each crash is a "
        "failed test, and the others still run.",
    .flags = kFlags,
    .takes = settings_of_builds,
    .read = read,
};

constinit const CommandRow kRunTestsRow = {
    .name = "__run-tests",
    .summary = "Run the tests of a program that `test` has built",
    .flags = kRunFlags,
    .arguments = kRunArguments,
    .is_hidden = true,
    .read = read_run,
};

}  // namespace ofn::cli
