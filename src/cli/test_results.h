// What became of a function's tests, and how it is shown: on a terminal, as JSON, as JUnit's XML.
//
//   TestResults results;
//   read_report(text, results);
//   say(results.text("function.cc"));
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/coverage.h"

namespace ofn::cli {

enum class TestOutcome : std::uint8_t { kPassed, kFailed, kSkipped, kCrashed };

struct TestFailure {
  std::string file{};
  int line = 0;
  std::string message{};
};

struct TestResult {
  std::string name;  // "Hello.NamesTheClient"
  std::string file{};
  int line = 0;
  TestOutcome outcome = TestOutcome::kCrashed;  // until it has ended
  long milliseconds = 0;
  std::vector<TestFailure> failures{};
  std::string output{};  // of a crash: the report
};

// A value.
struct TestResults {
  std::vector<TestResult> tests{};
  // Why the program of the tests failed although no test did: a leak, for example; empty: it did not.
  std::string end{};
  std::optional<Coverage> coverage{};

  std::size_t count(TestOutcome outcome) const;
  // Returns true if a test ran and none failed.
  bool is_success() const;
  // For people: the failures, and a line with the counts.
  std::string text(std::string_view seconds) const;
  std::string json() const;
  std::string junit() const;
};

// Adds the tests of a report, which <ofn/testing/entry_report.h> wrote. Returns false if the last of them has begun and not ended: it
// crashed, or did not end in time.
bool read_report(std::string_view report, TestResults& results);

}  // namespace ofn::cli
