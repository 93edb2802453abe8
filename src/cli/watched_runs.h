// Runs something again after each save of the files from which it was made: `test --watch`.
//
//   WatchedRuns runs([&](const WatchedRuns::Run& run) { return test_once(run); });
//   const auto last = runs.until_a_signal([](int verdict) { … });
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dev/changes.h"
#include "loop/loop.h"
#include "loop/workers.h"

namespace ofn::cli {

// A save during a run stops it, and the next one begins. SIGINT, SIGTERM and SIGHUP end the runs.
//
// Lifetime: one for a process. Threads: made and run by one thread; the runs have another one.
class WatchedRuns {
 public:
  using Set = dev::Changes::Watched;

  struct Run {
    unsigned number = 1;
    std::vector<std::string> saved = {};  // sorted; empty for the first run
    std::stop_token stop = {};
    // Tells which files the run depends on. Call it as soon as they are known, at the latest before the run ends.
    std::function<void(Set)> watch = {};
  };
  // Returns the exit code of the run, which is its verdict; what it returns after a stop does not count.
  using Runner = std::function<int(const Run&)>;

  explicit WatchedRuns(Runner runner) : runner_(std::move(runner)) {}

  // Returns the last verdict; nullopt if a signal came before there was one.
  // `waits`: is called after each run that was not stopped, with its verdict.
  std::optional<int> until_a_signal(const std::function<void(int)>& waits);

 private:
  void begin(std::vector<std::string> saved);
  void ended(int verdict, const std::stop_token& stop);

  Runner runner_;
  SystemClock clock_;
  Loop loop_{clock_};
  std::function<void(int)> waits_;
  std::optional<dev::Changes> changes_;
  std::stop_source stop_;
  std::vector<std::string> saved_;  // during a run
  std::optional<int> verdict_;
  unsigned number_ = 0;
  bool is_running_ = false;
  bool is_ending_ = false;
  Workers thread_{1};  // last: its destructor waits for the run
};

}  // namespace ofn::cli
