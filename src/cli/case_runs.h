// Runs cases on a program that is built, in processes of their own, because a case may crash or not end.
//
//   CaseRuns runs({.path = program, .target = "order"}, work, options);
//   const CaseRun run = runs.run(cases);
//   for (const CaseOutcome& each : run.outcomes) if (!each.problem.empty()) say(each.problem);
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/cases.h"
#include "cli/test_flags.h"
#include "cli/test_runs.h"
#include "context/environment.h"
#include "document/node.h"

namespace ofn::cli {

struct CaseOutcome {
  std::size_t index = 0;  // of the case in the list
  int status = 0;         // 0: the process crashed, or the case did not end
  std::string problem{};  // empty: as expected
  std::string place{};    // "hello.cc:12", where it threw or crashed; may be empty
  std::string output{};   // of a crash: the report
};

struct CaseRun {
  std::vector<CaseOutcome> outcomes{};  // of the cases that ran, in their order
  // Why no case could run, for people: the mistakes of the program and of its context. Empty: they could.
  std::string problem{};
  document::Node openapi{};  // the program's
  bool is_cut = false;       // too many cases crashed, so the rest was not run
};

// What the cases call.
struct CaseProgram {
  std::filesystem::path path;
  std::string target = {};        // as for the build
  std::string context_file = {};  // absolute; empty: the variables of the process count
  std::optional<std::string> optional_hooks = {};  // as the flag has them
};

// Each case has a fresh program: start functions run, state is empty, outputs reach a sidecar that takes everything.
// Lifetime: `options` outlives it. Threads: one at a time. Errors: CaseRun::problem.
class CaseRuns {
 public:
  // `options.filter` counts for nothing.
  CaseRuns(CaseProgram program, std::filesystem::path work, const TestRunOptions& options)
      : program_(std::move(program)), work_(std::move(work)), options_(options) {}

  // After `most_crashes` the rest is not run.
  CaseRun run(const std::vector<Case>& cases, std::size_t most_crashes = 20);

 private:
  CaseProgram program_;
  std::filesystem::path work_;
  const TestRunOptions& options_;
  unsigned runs_ = 0;
};

// In such a process: loads the program and calls it with each case of a file. Returns 0, also if answers are not as expected.
int run_cases(const RunCasesCommand& command, const Environment& env);

}  // namespace ofn::cli
