// What the command line asks of `functions-framework test`, and of the processes that it starts.
//
//   const TestCommand command{.filter = "Price", .sanitizers = "thread"};
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "context/flag_table.h"

namespace ofn::cli {

// functions-framework test [flags]
struct TestCommand {
  Flags flags;
  std::string filter = {};      // empty: all tests
  std::string sanitizers = {};  // as -fsanitize= takes them
  std::string junit = {};       // the file for JUnit's XML
  bool measures_coverage = false;
  std::string lcov = {};  // the file for coverage in lcov's format
  bool json = false;
  bool updates = false;              // snapshots
  bool watches = false;              // run again after each save
  std::chrono::seconds timeout{60};  // of a test; 0: none
};

// functions-framework test --fuzz, and test --against URL
struct FuzzCommand {
  Flags flags;
  std::string sanitizers = {};
  bool json = false;
  bool generates = true;  // cases; false: only the saved ones
  std::size_t cases = 1000;
  std::optional<std::uint64_t> seed = {};  // not set: a random one
  std::chrono::seconds timeout{60};        // of a case; 0: none
  std::string url = {};                    // of --against; empty: the function's own build
  std::size_t at_a_time = 1;               // requests
  double per_second = 10;                  // requests, at most
};

// functions-framework __run-tests PROGRAM REPORT: in a process that `test` starts.
struct RunTestsCommand {
  std::string program;
  std::string report;
  std::string
      filter_file;  // has a pattern of the test framework, which may be too long for an argument
  std::chrono::seconds timeout{0};
};

// functions-framework __run-cases PROGRAM CASES REPORT: in a process that `test --fuzz` starts.
struct RunCasesCommand {
  Flags flags;  // --context and --optional-hooks only
  std::string program;
  std::string cases;
  std::string report;
  std::string target = {};
  std::chrono::seconds timeout{0};
};

}  // namespace ofn::cli
