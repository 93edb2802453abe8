#include "cli/test_runs.h"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <ofn/testing/entry_report.h>

#include "base/joined.h"
#include "base/utf8.h"
#include "cli/streams.h"
#include "os/descriptor.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

// If more tests crash, the rest is not run.
constexpr int kMostCrashes = 20;
constexpr std::size_t kLongestBeginning = 2000;
constexpr std::size_t kLongestEnd = 6000;
// How soon a stop is noticed.
constexpr int kLookEveryMs = 50;

// A pattern of the framework stays as it is; any other text is a part of a name.
std::string pattern_of(const TestRunOptions& options) {
  const bool is_catch2 = options.framework == TestFramework::kCatch2;
  const std::string& filter = options.filter;
  if (filter.empty()) return is_catch2 ? "" : "*";
  const std::string_view special = is_catch2 ? "*[~\"," : "*?:-";
  return filter.find_first_of(special) == std::string::npos ? "*" + filter + "*" : filter;
}

// Leaves tests out that have run. Unquoted names of Catch2 reach as far as the next comma, so its entry gets the names beside the pattern.
std::string without(const std::string& pattern, const std::vector<std::string>& names,
                    TestFramework framework) {
  if (names.empty()) return pattern;
  if (framework == TestFramework::kGtest)
    return pattern + (pattern.find('-') == std::string::npos ? "-" : ":") + joined(names, ":");
  return pattern + testing::internal::kLeftOut +
         joined(names, std::string(1, testing::internal::kLeftOut));
}

// Only these tests: names of the framework, and no patterns.
std::string only(const std::vector<std::string>& names, TestFramework framework) {
  if (framework == TestFramework::kGtest) return joined(names, ":");
  return testing::internal::kOnly + joined(names, std::string(1, testing::internal::kOnly));
}

std::string preloaded(const std::vector<fs::path>& libraries) {
  std::string text;
  for (const fs::path& library : libraries) text += (text.empty() ? "" : ":") + library.native();
  return text;
}

}  // namespace

std::string output_of_last(const fs::path& output) {
  std::string text = content_of(output);
  const std::size_t at = text.rfind(testing::internal::kTestBegins);
  if (at != std::string::npos) text.erase(0, at + testing::internal::kTestBegins.size());
  return text;
}

std::string shortened_output(const std::string& text) {
  if (text.size() <= kLongestBeginning + kLongestEnd) return text;
  std::size_t end = text.size() - kLongestEnd;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  const std::string_view beginning = clipped(text, kLongestBeginning);
  return std::string(beginning) + "\n… (" + std::to_string(end - beginning.size()) +
         " bytes are left out) …\n" + text.substr(end);
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<int> wait_for(os::Process& process, const std::stop_token& stop) {
  while (true) {
    if (const auto ended = process.poll()) return ended->exit_code;
    if (stop.stop_requested()) return std::nullopt;
    pollfd ended{.fd = process.ended_fd(), .events = POLLIN, .revents = 0};
    (void)::poll(&ended, 1, kLookEveryMs);
  }
}

std::optional<int> run_alone(std::vector<std::string> arguments, const fs::path& output,
                             const TestRunOptions& options) {
  const os::Descriptor out(::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  std::error_code error;
  arguments.insert(arguments.begin(), fs::read_symlink("/proc/self/exe", error).native());
  os::Command command{.arguments = std::move(arguments),
                      .folder = options.folder.native(),
                      .variables = options.variables};
  if (out)
    command.descriptors = {{.fd = out.get(), .as = STDOUT_FILENO},
                           {.fd = out.get(), .as = STDERR_FILENO}};
  if (!options.runtimes.empty()) {
    command.variables.push_back("LD_PRELOAD=" + preloaded(options.runtimes));
    command.variables.emplace_back("UBSAN_OPTIONS=print_stacktrace=1");
  }
  auto process = os::Process::start(command);
  if (!process) {
    complain(process.error().message());
    return kExitFailure;
  }
  // Processes that the function has forked end with it. Until poll() its leader keeps the number of their group.
  pollfd ended{.fd = process->ended_fd(), .events = POLLIN, .revents = 0};
  while (ended.fd >= 0 && ::poll(&ended, 1, kLookEveryMs) <= 0) {
    if (options.stop.stop_requested()) return std::nullopt;
  }
  if (ended.fd >= 0) process->signal(SIGKILL);
  return wait_for(*process, options.stop);
}

TestResults run_in_processes(const fs::path& program, const fs::path& work,
                             const TestRunOptions& options) {
  TestResults results;
  const std::string pattern = pattern_of(options);
  std::vector<std::string> names;
  for (int crashes = 0; crashes <= kMostCrashes; ++crashes) {
    const fs::path report = work / ("report" + std::to_string(crashes));
    const fs::path output = work / ("output" + std::to_string(crashes));
    const fs::path filter = work / "filter";
    std::ofstream(filter, std::ios::binary) << without(pattern, names, options.framework);
    const auto code =
        run_alone({"__run-tests", "--filter-file", filter.native(), "--timeout",
                   std::to_string(options.timeout.count()), program.native(), report.native()},
                  output, options);
    if (!code) return results;
    const std::size_t before = results.tests.size();
    const bool has_ended = read_report(content_of(report), results);
    for (std::size_t i = before; i < results.tests.size(); ++i)
      names.push_back(results.tests[i].name);
    if (has_ended) {
      const bool has_failures = results.count(TestOutcome::kFailed) > 0;
      if (results.end.empty() && *code != 0 && (*code != 1 || !has_failures))
        results.end = shortened_output(output_of_last(output));
      if (*code != 0 && results.end.empty() && !has_failures)
        results.end = "exit code " + std::to_string(*code);
      break;
    }
    if (results.tests.back().outcome == TestOutcome::kCrashed) {
      results.tests.back().output = shortened_output(output_of_last(output));
      if (results.tests.back().output.empty())
        results.tests.back().output = "the process ended with exit code " + std::to_string(*code);
    }
    if (crashes == kMostCrashes)
      results.end = std::to_string(crashes + 1) +
                    " tests crashed or did not end, so those behind the last of them did not run";
    // The process could not write its counts, so what ran before runs again.
    const std::vector<std::string> again(names.begin() + static_cast<std::ptrdiff_t>(before),
                                         names.end() - 1);
    if (!options.counts_lines || again.empty()) continue;
    std::ofstream(filter, std::ios::binary) << only(again, options.framework);
    (void)run_alone(
        {"__run-tests", "--filter-file", filter.native(), "--timeout",
         std::to_string(options.timeout.count()), program.native(), (work / "repeated").native()},
        output, options);
  }
  return results;
}

}  // namespace ofn::cli
