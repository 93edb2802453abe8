#include "cli/test_command.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <expected>
#include <filesystem>
#include <fstream>
#include <latch>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "cli/function_build.h"
#include "cli/hang_watch.h"
#include "cli/streams.h"
#include "cli/test_results.h"
#include "cli/test_runs.h"
#include "cli/watched_runs.h"
#include "cli/work_folder.h"
#include "dev/styled_text.h"
#include "dev/visible_text.h"
#include "kit/kit_host.h"
#include "kit/process.h"
#include "loader/loader.h"
#include "logging/logger.h"
#include "loop/workers.h"
#include "os/process.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

// As shells count SIGINT; for a signal before the first verdict.
constexpr int kEndedBySignal = 128 + SIGINT;
constexpr std::string_view kGtest = "ofn/testing/gtest.h";
constexpr std::string_view kCatch2 = "ofn/testing/catch2.h";

bool is_test_file(const fs::path& path) {
  const std::string stem = path.stem().native();
  const std::string extension = path.extension().native();
  return stem.ends_with("_test") &&
         (extension == ".cc" || extension == ".cpp" || extension == ".cxx");
}

// Returns the tests that belong to the source: of a folder all in it; of a file its own, or, if it has none, those beside it.
std::vector<fs::path> tests_of(const fs::path& source) {
  std::error_code error;
  std::vector<fs::path> tests;
  if (fs::is_directory(source, error)) {
    for (auto entry = fs::recursive_directory_iterator(
             source, fs::directory_options::skip_permission_denied, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      const bool is_left_out = entry->path().filename().native().starts_with('.') ||
                               fs::exists(entry->path() / "CMakeCache.txt", error);
      if (entry->is_directory(error) && is_left_out) entry.disable_recursion_pending();
      if (entry->is_regular_file(error) && is_test_file(entry->path()))
        tests.push_back(entry->path());
    }
  } else {
    const fs::path own =
        source.parent_path() / (source.stem().native() + "_test" + source.extension().native());
    if (fs::exists(own, error)) return {own};
    for (const auto& entry : fs::directory_iterator(source.parent_path(), error)) {
      if (is_test_file(entry.path())) tests.push_back(entry.path());
    }
  }
  std::ranges::sort(tests);
  return tests;
}

std::string seconds_of(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", std::chrono::duration<double>(duration).count());
  return text;
}

bool write_file(const std::string& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return static_cast<bool>(out);
}

bool is_part_of_project(std::string_view name) {
  constexpr std::array kEnds = {".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".cmake"};
  return name == "CMakeLists.txt" ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
}

// The builds of a function and its tests, and their runs.
class TestRun {
 public:
  TestRun(const TestCommand& command, FunctionBuild& build) : command_(command), build_(build) {
    std::error_code error;
    source_ = fs::absolute(build_.settings().source.value, error).lexically_normal();
    folder_ = fs::is_directory(source_, error) ? source_ : source_.parent_path();
    is_project_ = fs::exists(source_ / "CMakeLists.txt", error);
  }

  int run() {
    if (!command_.watches) return run_once({});
    WatchedRuns runs([this](const WatchedRuns::Run& one) {
      announce(one);
      return run_once(one);
    });
    const auto verdict = runs.until_a_signal([this](int code) { say_verdict(code); });
    return verdict.value_or(kEndedBySignal);
  }

 private:
  int run_once(const WatchedRuns::Run& one) {
    LoadRequest request = build_.request();
    request.stop = one.stop;
    if (is_project_) return run_project(request, one);
    request.profile = Profile::kDevelop;
    request.sanitizers = command_.sanitizers;
    request.tests = tests_of(source_);
    request.counts_lines = command_.measures_coverage;
    watch(one, {});
    if (request.tests.empty()) {
      return complain("no test was found for " + build_.settings().source.value +
                          ": write a file whose name ends in _test.cc beside it, which includes "
                          "<ofn/testing/gtest.h> or <ofn/testing/catch2.h>",
                      kExitTestFailed);
    }
    const auto framework = choose_framework(request);
    if (!framework) return complain(framework.error(), kExitUsage);
    auto runtimes = sanitizer_runtimes(request);
    if (!runtimes) return complain(runtimes.error().message(), kExitUsage);
    LineReader reader;
    if (command_.measures_coverage) {
      auto found = line_reader(request);
      if (!found) return complain(found.error().message(), kExitLoad);
      reader = *std::move(found);
    }
    auto work = WorkFolder::make(request.cache_dirs);
    if (!work) return complain(work.error().message(), kExitFailure);
    precompile(request);
    const Compilation compiled = compile(request, work->path(), log_);
    if (one.stop.stop_requested()) return kExitFailure;
    watch(one, compiled.build);
    for (const CompilerWarning& warning : compiled.build.warnings) complain(warning.text);
    if (!compiled.program) return complain(compiled.program.error().message(), kExitLoad);

    const SteadyTime began = clock_.now();
    TestRunOptions options{.folder = folder_,
                           .framework = *framework,
                           .filter = command_.filter,
                           .runtimes = *std::move(runtimes),
                           .variables = {"OFN_TEST_REPORT=1"},
                           .timeout = command_.timeout,
                           .counts_lines = command_.measures_coverage,
                           .stop = one.stop};
    if (command_.updates) options.variables.emplace_back("OFN_TEST_UPDATE=1");
    const fs::path counts = work->path() / "counts";
    options.variables.push_back("GCOV_PREFIX=" + counts.native());
    TestResults results = run_in_processes(*compiled.program, work->path(), options);
    if (one.stop.stop_requested()) return kExitFailure;
    if (command_.measures_coverage) {
      auto coverage = read_coverage({.reader = std::move(reader),
                                     .notes = compiled.build.line_notes,
                                     .counts = counts,
                                     .folder = folder_,
                                     .work = work->path(),
                                     .is_left_out = is_test_file});
      if (!coverage) return complain(coverage.error().message(), kExitFailure);
      results.coverage = *std::move(coverage);
    }
    return show(results, seconds_of(compiled.build.elapsed) + " to build, " +
                             seconds_of(clock_.now() - began) + " to run");
  }

  // The framework whose header the tests include. Errors: both, or one that is not installed.
  static std::expected<TestFramework, std::string> choose_framework(LoadRequest& request) {
    bool has_catch2 = false;
    bool has_gtest = false;
    for (const fs::path& test : request.tests) {
      const std::string text = content_of(test);
      const bool is_catch2 = text.find("testing/catch2.h>") != std::string::npos ||
                             text.find("<catch2/") != std::string::npos;
      (is_catch2 ? has_catch2 : has_gtest) = true;
    }
    if (has_catch2 && has_gtest) {
      return std::unexpected(
          "some tests include <ofn/testing/catch2.h> and some do not; one program has tests of "
          "one framework");
    }
    if (has_catch2) {
      if (!is_installed("catch2/catch.hpp"))
        return std::unexpected("Catch2 is not installed; install it: apt-get install catch2");
      request.tests_header = kCatch2;
      request.entry_is_alone = true;
      return TestFramework::kCatch2;
    }
    if (!is_installed("gmock/gmock.h")) {
      return std::unexpected(
          "GoogleTest is not installed; install it: apt-get install libgtest-dev libgmock-dev");
    }
    request.tests_header = kGtest;
    request.cxxflags += " -lgmock -lgtest";
    return TestFramework::kGtest;
  }

  static bool is_installed(const char* header) {
    std::error_code error;
    return fs::exists(fs::path("/usr/include") / header, error) ||
           fs::exists(fs::path("/usr/local/include") / header, error);
  }

  // What the next run is made from. A build that failed may not name all its files, so those of the last good build stay.
  void watch(const WatchedRuns::Run& one, const Build& build) {
    if (!one.watch) return;
    if (!build.inputs.empty()) inputs_ = build.inputs;
    dev::Changes::Watched set;
    for (const auto& files : {inputs_, build.inputs, {source_.native()}}) {
      for (const std::string& file : files) {
        std::error_code unreadable;
        if (fs::is_directory(file, unreadable)) continue;
        (fs::exists(file, unreadable) ? set.files : set.missing).push_back(file);
      }
    }
    for (const std::string& folder : build.folders) {
      set.folders.push_back({.path = folder, .wants = [](std::string_view name) {
                               return may_join(fs::path(name));
                             }});
    }
    using Depth = dev::WatchedFolder::Depth;
    std::error_code error;
    set.folders.push_back(
        {.path = folder_.native(),
         .wants = is_project_ ? is_part_of_project
                              : [](std::string_view name) { return is_test_file(fs::path(name)); },
         .depth = fs::is_directory(source_, error) ? Depth::kWithSubfolders : Depth::kItself});
    one.watch(std::move(set));
  }

  // A line between two runs.
  void announce(const WatchedRuns::Run& one) const {
    if (command_.json || one.number == 1) return;
    std::string names;
    for (const std::string& file : one.saved)
      names += (names.empty() ? "" : ", ") + fs::path(file).filename().native();
    dev::StyledText text(look_, 0);
    text.line({{.text = "── run " + std::to_string(one.number) + " · saved " + dev::visible(names) +
                        " ──",
                .style = dev::Style::kBold}});
    (void)print("\n" + text.take());
  }

  // After each run that was not stopped.
  void say_verdict(int verdict) const {
    if (command_.json) return;
    const std::string_view words = verdict == kExitOk           ? "passed"
                                   : verdict == kExitTestFailed ? "failed"
                                   : verdict == kExitLoad       ? "does not compile"
                                                                : "could not run";
    dev::StyledText text(look_, 0);
    text.line({{.text = std::string(words),
                .style = verdict == kExitOk ? dev::Style::kGood : dev::Style::kBad},
               {.text = "waits for the next save", .gap = dev::Gap::kDot},
               {.text = "Ctrl-C ends it with exit code " + std::to_string(verdict),
                .gap = dev::Gap::kDot}});
    (void)print(text.take());
  }

  // The tests of a CMake project are those of CTest.
  int run_project(const LoadRequest& request, const WatchedRuns::Run& one) {
    watch(one, {});
    if (command_.measures_coverage)
      return complain(
          "--coverage is for a source without CMake; build a project with "
          "-DCMAKE_CXX_FLAGS=--coverage, and let gcovr read what its tests leave",
          kExitUsage);
    if (command_.json)
      return complain("--json is for a source without CMake; --junit has the results of CTest",
                      kExitUsage);
    const fs::path build = request.cache_dirs.front() /
                           ("tests-" + sha256_hex(source_.native() + "\n" + command_.sanitizers));
    std::string flags = "-g -D_GLIBCXX_ASSERTIONS";
    if (!command_.sanitizers.empty())
      flags += " -fsanitize=" + command_.sanitizers +
               " -fno-sanitize-recover=all -fno-omit-frame-pointer";
    const std::vector<std::string> configure = {
        "cmake",
        "-S",
        source_.native(),
        "-B",
        build.native(),
        "-DCMAKE_CXX_FLAGS=" + flags,
        "-DCMAKE_PREFIX_PATH=" + request.include_dir.parent_path().native()};
    if (!succeeds(configure, one.stop) ||
        !succeeds({"cmake", "--build", build.native(), "--parallel"}, one.stop))
      return kExitLoad;
    std::vector<std::string> ctest = {"ctest", "--test-dir", build.native(), "--output-on-failure",
                                      "--no-tests=error"};
    if (!command_.filter.empty()) ctest.insert(ctest.end(), {"-R", command_.filter});
    // A test that has a TIMEOUT of its own keeps it.
    if (command_.timeout.count() > 0)
      ctest.insert(ctest.end(), {"--timeout", std::to_string(command_.timeout.count())});
    std::error_code error;
    if (!command_.junit.empty())
      ctest.insert(ctest.end(), {"--output-junit", fs::absolute(command_.junit, error).native()});
    return succeeds(ctest, one.stop) ? kExitOk : kExitTestFailed;
  }

  // Runs a program whose output is this one's.
  bool succeeds(const std::vector<std::string>& arguments, const std::stop_token& stop) const {
    os::Command command{.arguments = arguments};
    if (command_.updates) command.variables.emplace_back("OFN_TEST_UPDATE=1");
    auto process = os::Process::start(command);
    if (!process) {
      complain(process.error().message());
      return false;
    }
    return wait_for(*process, stop) == 0;
  }

  // Both headers at once: the function's and that of the tests. Each further build is quick then.
  void precompile(const LoadRequest& request) {
    LoadRequest of_function = request;
    of_function.tests_header.clear();
    std::latch done(1);
    Workers other(1);
    const bool is_taken = other.post([&] {
      (void)prepare(of_function, log_);
      done.count_down();
    });
    (void)prepare(request, log_);
    if (is_taken) done.wait();
  }

  int show(const TestResults& results, const std::string& seconds) const {
    if (!command_.junit.empty() && !write_file(command_.junit, results.junit()))
      return complain("cannot write " + command_.junit, kExitFailure);
    if (!command_.lcov.empty() && !write_file(command_.lcov, results.coverage->lcov()))
      return complain("cannot write " + command_.lcov, kExitFailure);
    const Exit printed = print(command_.json ? results.json() : results.text(seconds));
    if (printed != kExitOk) return printed;
    if (results.tests.empty() && results.end.empty()) {
      return complain(command_.filter.empty()
                          ? std::string("no test ran: the files have no TEST(…)")
                          : "no test has a name with \"" + command_.filter + "\"",
                      kExitTestFailed);
    }
    return results.is_success() ? kExitOk : kExitTestFailed;
  }

  const TestCommand& command_;
  FunctionBuild& build_;
  SystemClock clock_;
  Logger log_{LogShape{.format = LogFormat::kReadable}, Level::kWarning, STDERR_FILENO};
  fs::path source_;
  fs::path folder_;
  bool is_project_ = false;
  std::vector<std::string> inputs_;  // of the last build that named them
  const dev::Look look_ =
      dev::look_for(isatty(STDOUT_FILENO) == 1 ? dev::WritesTo::kTerminal : dev::WritesTo::kOther,
                    [this](const char* name) { return build_.environment()(name).value_or(""); });
};

}  // namespace

int test_function(const TestCommand& command, const Environment& process) {
  FunctionBuild build(command.flags, process);
  if (build.problem()) return *build.problem();
  return TestRun(command, build).run();
}

int run_tests(const RunTestsCommand& command) {
  // From here on a crash is reported with the author's frames.
  (void)kit::Process::of();
  const HangWatch watch(command.report, command.timeout);
  const auto tests = load_tests(command.program, command.program);
  if (!tests) return complain(tests.error().message(), kExitLoad);
  const std::string filter = content_of(command.filter_file);
  return (*tests)(&kit::kit_host(), command.report.c_str(), filter.c_str());
}

}  // namespace ofn::cli
