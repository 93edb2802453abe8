#include "cli/test_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/joined.h"
#include "base/sha256.h"
#include "cli/function_build.h"
#include "cli/load_function.h"
#include "cli/streams.h"
#include "cli/test_results.h"
#include "cli/work_folder.h"
#include "kit/kit_host.h"
#include "kit/process.h"
#include "loader/loader.h"
#include "logging/logger.h"
#include "loop/workers.h"
#include "os/process.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

// If more tests crash, the rest is not run.
constexpr int kMostCrashes = 20;
constexpr std::size_t kLongestOutput = 6000;
constexpr std::string_view kGtest = "ofn/testing/gtest.h";

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

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A pattern of GoogleTest stays as it is; any other text is a part of a name.
std::string pattern_of(const std::string& filter) {
  if (filter.empty()) return "*";
  return filter.find_first_of("*?:-") == std::string::npos ? "*" + filter + "*" : filter;
}

// Leaves tests out that have run.
std::string without(const std::string& pattern, const std::vector<std::string>& names) {
  if (names.empty()) return pattern;
  return pattern + (pattern.find('-') == std::string::npos ? "-" : ":") + joined(names, ":");
}

std::string shortened(std::string text) {
  if (text.size() <= kLongestOutput) return text;
  return text.substr(0, kLongestOutput) + "\n… (" + std::to_string(text.size() - kLongestOutput) +
         " bytes more)";
}

std::string seconds_of(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", std::chrono::duration<double>(duration).count());
  return text;
}

std::string preloaded(const std::vector<fs::path>& libraries) {
  std::string text;
  for (const fs::path& library : libraries) text += (text.empty() ? "" : ":") + library.native();
  return text;
}

// One build of a function and its tests, and their runs.
class TestRun {
 public:
  TestRun(const TestCommand& command, FunctionBuild& build) : command_(command), build_(build) {}

  int run() {
    std::error_code error;
    const fs::path source = fs::absolute(build_.settings().source.value, error).lexically_normal();
    folder_ = fs::is_directory(source, error) ? source : source.parent_path();
    LoadRequest request = build_.request();
    if (fs::exists(source / "CMakeLists.txt", error)) return run_project(source, request);
    request.profile = Profile::kDevelop;
    request.sanitizers = command_.sanitizers;
    request.tests = tests_of(source);
    request.tests_header = kGtest;
    request.cxxflags += request.cxxflags.empty() ? "-lgmock -lgtest" : " -lgmock -lgtest";
    if (request.tests.empty()) {
      return complain("no test was found for " + build_.settings().source.value +
                          ": write a file whose name ends in _test.cc beside it, which includes "
                          "<ofn/testing/gtest.h>",
                      kExitTestFailed);
    }
    if (!fs::exists("/usr/include/gmock/gmock.h", error) && !has_gtest()) {
      return complain(
          "GoogleTest is not installed; install it: apt-get install libgtest-dev libgmock-dev",
          kExitUsage);
    }
    auto runtimes = sanitizer_runtimes(request);
    if (!runtimes) return complain(runtimes.error().message(), kExitUsage);
    auto work = WorkFolder::make(request.cache_dirs);
    if (!work) return complain(work.error().message(), kExitFailure);
    precompile(request);
    const Compilation compiled = compile(request, work->path(), log_);
    for (const CompilerWarning& warning : compiled.build.warnings) complain(warning.text);
    if (!compiled.program) return complain(compiled.program.error().message(), kExitLoad);

    const SteadyTime began = clock_.now();
    TestResults results = run_all(*compiled.program, *runtimes, work->path());
    return show(results, seconds_of(compiled.build.elapsed) + " to build, " +
                             seconds_of(clock_.now() - began) + " to run");
  }

 private:
  static bool has_gtest() {
    std::error_code error;
    return fs::exists("/usr/local/include/gmock/gmock.h", error);
  }

  // The tests of a CMake project are those of CTest.
  int run_project(const fs::path& source, const LoadRequest& request) const {
    if (command_.json)
      return complain("--json is for a source without CMake; --junit has the results of CTest",
                      kExitUsage);
    const fs::path build = request.cache_dirs.front() /
                           ("tests-" + sha256_hex(source.native() + "\n" + command_.sanitizers));
    std::string flags = "-g -D_GLIBCXX_ASSERTIONS";
    if (!command_.sanitizers.empty())
      flags += " -fsanitize=" + command_.sanitizers +
               " -fno-sanitize-recover=all -fno-omit-frame-pointer";
    const std::vector<std::string> configure = {
        "cmake",
        "-S",
        source.native(),
        "-B",
        build.native(),
        "-DCMAKE_CXX_FLAGS=" + flags,
        "-DCMAKE_PREFIX_PATH=" + request.include_dir.parent_path().native()};
    if (!succeeds(configure) || !succeeds({"cmake", "--build", build.native(), "--parallel"}))
      return kExitLoad;
    std::vector<std::string> ctest = {"ctest", "--test-dir", build.native(), "--output-on-failure",
                                      "--no-tests=error"};
    if (!command_.filter.empty()) ctest.insert(ctest.end(), {"-R", command_.filter});
    std::error_code error;
    if (!command_.junit.empty())
      ctest.insert(ctest.end(), {"--output-junit", fs::absolute(command_.junit, error).native()});
    return succeeds(ctest) ? kExitOk : kExitTestFailed;
  }

  // Runs a program whose output is this one's.
  bool succeeds(const std::vector<std::string>& arguments) const {
    os::Command command{.arguments = arguments};
    if (command_.updates) command.variables.emplace_back("OFN_TEST_UPDATE=1");
    auto process = os::Process::start(command);
    if (!process) {
      complain(process.error().message());
      return false;
    }
    return process->wait().exit_code == 0;
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

  TestResults run_all(const fs::path& program, const std::vector<fs::path>& runtimes,
                      const fs::path& folder) {
    TestResults results;
    const std::string pattern = pattern_of(command_.filter);
    std::vector<std::string> names;
    for (int crashes = 0; crashes <= kMostCrashes; ++crashes) {
      const fs::path report = folder / ("report" + std::to_string(crashes));
      const fs::path output = folder / ("output" + std::to_string(crashes));
      const int code = run_once(program, runtimes, without(pattern, names), report, output);
      const std::size_t before = results.tests.size();
      const bool has_ended = read_report(read(report), results);
      for (std::size_t i = before; i < results.tests.size(); ++i)
        names.push_back(results.tests[i].name);
      if (has_ended) {
        const bool has_failures = results.count(TestOutcome::kFailed) > 0;
        if (code != 0 && (code != 1 || !has_failures)) results.end = shortened(read(output));
        if (code != 0 && results.end.empty() && !has_failures)
          results.end = "exit code " + std::to_string(code);
        break;
      }
      results.tests.back().output = shortened(read(output));
    }
    return results;
  }

  int run_once(const fs::path& program, const std::vector<fs::path>& runtimes,
               const std::string& pattern, const fs::path& report, const fs::path& output) const {
    const os::Descriptor out(
        ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    os::Command command{.arguments = {"/proc/self/exe", "__run-tests", "--filter", pattern,
                                      program.native(), report.native()},
                        .folder = folder_.native(),
                        .variables = {"OFN_TEST_REPORT=1"}};
    command.arguments[0] = fs::read_symlink("/proc/self/exe").native();
    if (out)
      command.descriptors = {{.fd = out.get(), .as = STDOUT_FILENO},
                             {.fd = out.get(), .as = STDERR_FILENO}};
    if (!runtimes.empty()) command.variables.push_back("LD_PRELOAD=" + preloaded(runtimes));
    if (!runtimes.empty()) command.variables.emplace_back("UBSAN_OPTIONS=print_stacktrace=1");
    if (command_.updates) command.variables.emplace_back("OFN_TEST_UPDATE=1");
    auto process = os::Process::start(command);
    if (!process) {
      complain(process.error().message());
      return kExitFailure;
    }
    return process->wait().exit_code;
  }

  int show(const TestResults& results, const std::string& seconds) const {
    if (!command_.junit.empty()) {
      std::ofstream out(command_.junit, std::ios::binary);
      out << results.junit();
      out.close();
      if (!out) return complain("cannot write " + command_.junit, kExitFailure);
    }
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
  fs::path folder_;
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
  const auto tests = load_tests(command.program, command.program);
  if (!tests) return complain(tests.error().message(), kExitLoad);
  return (*tests)(&kit::kit_host(), command.report.c_str(), command.filter.c_str());
}

}  // namespace ofn::cli
