// functions-framework test [SOURCE] [flags]: builds and runs the tests of a function.

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::int64_t kMostSeconds = 86400;
constexpr std::string_view kCases = "Cases";

std::string is_http_url(const std::string& text) {
  const bool is_one = text.starts_with("http://") || text.starts_with("https://");
  return is_one ? "" : "must begin with http:// or https://";
}

constexpr std::array<FlagRow, 15> kFlags = {{
    {.name = "filter",
     .value = "TEXT",
     .help = "Only tests with this text in their name, or a pattern of the test framework such as "
             "Hello.*"},
    {.name = "sanitize",
     .value = "NAMES",
     .help = "Sanitizers, or none (default: address,undefined)",
     .kind = ValueKind::kWord,
     .words = "address,undefined|address|undefined|thread|none"},
    {.name = "watch", .help = "Run them again after each save, until Ctrl-C"},
    {.name = "timeout",
     .value = "SECONDS",
     .help = "Time limit of a test, 0 for none [default 60]",
     .kind = ValueKind::kNumber,
     .most = kMostSeconds},
    {.name = "coverage", .help = "Show which lines of the sources ran"},
    {.name = "lcov",
     .value = "FILE",
     .help = "Write which lines ran to this file, in the format of lcov",
     .kind = ValueKind::kFile,
     .words = ".info"},
    {.name = "junit",
     .value = "FILE",
     .help = "Write the results as XML to this file",
     .kind = ValueKind::kFile,
     .words = ".xml"},
    {.name = "json", .help = "Print the results as JSON"},
    {.name = "update", .help = "Take the answers of now as snapshots"},
    {.name = "fuzz",
     .help = "Instead of the tests, try the typed functions with values that their types allow, "
             "and with mistakes",
     .group = kCases},
    {.name = "cases",
     .value = "NUMBER",
     .help = "How many cases are made [default 1000]",
     .group = kCases,
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 1'000'000},
    {.name = "seed",
     .value = "NUMBER",
     .help = "Make the cases of an earlier run, which has shown its seed",
     .group = kCases,
     .kind = ValueKind::kNumber,
     .most = std::numeric_limits<std::int64_t>::max()},
    {.name = "against",
     .value = "URL",
     .help = "Send the saved cases, and with --fuzz others, to a deployed function",
     .group = kCases,
     .problem = is_http_url},
    {.name = "jobs",
     .value = "NUMBER",
     .help = "With --against: how many requests may be under way [default 1]",
     .group = kCases,
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 64},
    {.name = "rate",
     .value = "NUMBER",
     .help = "With --against: how many requests may begin in a second [default 10]",
     .group = kCases,
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 10'000},
}};

// What builds read, and the context of cases.
bool takes(const FlagSpec& spec) { return settings_of_builds(spec) || spec.flag == Flag::kContext; }

std::expected<Command, std::string> read_fuzz(Given& given, std::string sanitizers) {
  for (const std::string_view other : {"filter", "watch", "coverage", "lcov", "junit", "update"}) {
    if (given.has(other)) {
      return std::unexpected("--" + std::string(other) + " is for tests, and " +
                             (given.has("fuzz") ? "--fuzz" : "--against") +
                             " runs none; leave one of them out");
    }
  }
  FuzzCommand command{.flags = given.settings(),
                      .sanitizers = std::move(sanitizers),
                      .json = given.has("json"),
                      .generates = given.has("fuzz"),
                      .timeout = std::chrono::seconds(given.number("timeout", 60)),
                      .url = given.text("against")};
  command.cases = given.number("cases", command.cases);
  if (given.has("seed")) command.seed = given.number<std::uint64_t>("seed", 0);
  command.at_a_time = given.number("jobs", command.at_a_time);
  command.per_second = static_cast<double>(given.number<std::int64_t>("rate", 10));
  return command;
}

std::expected<Command, std::string> read(Given& given) {
  std::string sanitizers = given.text("sanitize", "address,undefined");
  if (sanitizers == "none") sanitizers.clear();
  const bool is_remote = given.has("against");
  for (const std::string_view other : {"cases", "seed"}) {
    if (given.has(other) && !given.has("fuzz"))
      return std::unexpected("--" + std::string(other) + " needs --fuzz");
  }
  for (const std::string_view other : {"jobs", "rate"}) {
    if (given.has(other) && !is_remote)
      return std::unexpected("--" + std::string(other) + " needs --against URL");
  }
  if (!given.has("fuzz") && given.settings()[Flag::kContext]) {
    return std::unexpected(
        "--context needs --fuzz; a test names its context itself: Program program({.context_file = "
        "\"func_context.json\"})");
  }
  if (given.has("fuzz") || is_remote) return read_fuzz(given, std::move(sanitizers));
  return TestCommand{.flags = given.settings(),
                     .filter = given.text("filter"),
                     .sanitizers = std::move(sanitizers),
                     .junit = given.text("junit"),
                     .measures_coverage = given.has("coverage") || given.has("lcov"),
                     .lcov = given.text("lcov"),
                     .json = given.has("json"),
                     .updates = given.has("update"),
                     .watches = given.has("watch"),
                     .timeout = std::chrono::seconds(given.number("timeout", 60))};
}

// Of the hidden commands, whose arguments the command itself writes.
constexpr FlagRow required_file(std::string_view name, std::string_view help) {
  return {.name = name, .value = name, .help = help, .kind = ValueKind::kFile, .is_required = true};
}

constexpr std::array<FlagRow, 2> kRunFlags = {{
    {.name = "filter-file",
     .value = "FILE",
     .help = "The file with the pattern of the tests that run",
     .kind = ValueKind::kFile},
    {.name = "timeout",
     .value = "SECONDS",
     .help = "Time limit of a test, 0 for none",
     .kind = ValueKind::kNumber,
     .most = kMostSeconds},
}};
constexpr std::array<FlagRow, 2> kRunArguments = {{
    required_file("PROGRAM", "A .so with tests"),
    required_file("REPORT", "The file for the results"),
}};

std::expected<Command, std::string> read_run(Given& given) {
  return RunTestsCommand{.program = given.text("PROGRAM"),
                         .report = given.text("REPORT"),
                         .filter_file = given.text("filter-file"),
                         .timeout = std::chrono::seconds(given.number("timeout", 0))};
}

constexpr std::array<FlagRow, 2> kRunCasesFlags = {{
    {.name = "target", .value = "NAME", .help = "The function"},
    {.name = "timeout",
     .value = "SECONDS",
     .help = "Time limit of a case, 0 for none",
     .kind = ValueKind::kNumber,
     .most = kMostSeconds},
}};
constexpr std::array<FlagRow, 3> kRunCasesArguments = {{
    required_file("PROGRAM", "A .so with functions"),
    required_file("CASES", "The file with the cases"),
    required_file("REPORT", "The file for the results"),
}};

bool what_cases_take(const FlagSpec& spec) {
  return spec.flag == Flag::kContext || spec.flag == Flag::kOptionalHooks;
}

std::expected<Command, std::string> read_run_cases(Given& given) {
  return RunCasesCommand{.flags = given.settings(),
                         .program = given.text("PROGRAM"),
                         .cases = given.text("CASES"),
                         .report = given.text("REPORT"),
                         .target = given.text("target"),
                         .timeout = std::chrono::seconds(given.number("timeout", 0))};
}

}  // namespace

constinit const CommandRow kTestRow = {
    .name = "test",
    .summary = "Build and run the tests of a function, with sanitizers",
    .description =
        "The tests are the files beside the source whose names end in _test.cc. They use the test "
        "kit, by <ofn/testing/gtest.h> or <ofn/testing/catch2.h>. Each crash is a "
        "failed test, and the others still run. With --fuzz and with --against, cases run instead: "
        "requests with what their answers must be. Those that fail are saved in testdata/cases.",
    .flags = kFlags,
    .takes = takes,
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

constinit const CommandRow kRunCasesRow = {
    .name = "__run-cases",
    .summary = "Run cases on a program that `test --fuzz` has built",
    .flags = kRunCasesFlags,
    .arguments = kRunCasesArguments,
    .takes = what_cases_take,
    .is_hidden = true,
    .read = read_run_cases,
};

}  // namespace ofn::cli
