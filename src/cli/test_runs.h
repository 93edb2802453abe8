// Runs the tests of a program that is built, in processes of their own, because a test may crash or not end.
//
//   const TestResults results = run_in_processes(program, work, {.folder = "/src"});
//   if (!results.is_success()) say(results.text("1 s"));
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/test_results.h"
#include "os/process.h"

namespace ofn::cli {

enum class TestFramework : std::uint8_t { kGtest, kCatch2 };

struct TestRunOptions {
  std::filesystem::path folder;  // in which the tests run
  TestFramework framework = TestFramework::kGtest;
  std::string filter = {};  // a pattern of GoogleTest or of Catch2; empty: all
  std::vector<std::filesystem::path> runtimes = {};  // of the sanitizers
  std::vector<std::string> variables = {};           // "NAME=value"
  std::chrono::seconds timeout{0};                   // of a test; 0: none
  bool counts_lines = false;                         // the program does
  std::stop_token stop = {};
};

// After a test that crashed or did not end, another process runs the tests behind it. `work`: a folder for reports.
// Errors: complained about; a program that cannot be started has no results. After a stop the results are incomplete.
TestResults run_in_processes(const std::filesystem::path& program,
                             const std::filesystem::path& work, const TestRunOptions& options);

// One process of this program with the runtimes of the sanitizers, its output in a file. Returns its exit code; nullopt after a stop.
std::optional<int> run_alone(std::vector<std::string> arguments,
                             const std::filesystem::path& output, const TestRunOptions& options);

// Returns the exit code; nullopt after a stop, and then the process must be destroyed.
std::optional<int> wait_for(os::Process& process, const std::stop_token& stop);

// Returns what the last test or case of a process has written; of a process in which none began, everything.
std::string output_of_last(const std::filesystem::path& output);
// The text, or its beginning and its end if it is long: prints come first, and the report of a crash last.
std::string shortened_output(const std::string& text);
// The content of a file; empty if there is none.
std::string content_of(const std::filesystem::path& file);

}  // namespace ofn::cli
