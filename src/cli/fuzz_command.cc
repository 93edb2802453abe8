#include "cli/fuzz_command.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cli/case_runs.h"
#include "cli/cases.h"
#include "cli/configuration.h"
#include "cli/function_build.h"
#include "cli/generated_cases.h"
#include "cli/json_result.h"
#include "cli/remote_cases.h"
#include "cli/streams.h"
#include "cli/work_folder.h"
#include "dev/visible_text.h"
#include "document/json.h"
#include "document/slices.h"
#include "loader/loader.h"
#include "logging/logger.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using document::Node;

constexpr std::size_t kMostShown = 10;  // failures; each further one is only counted
constexpr std::size_t kMostShrunk = 5;  // kinds of failures
constexpr int kMostRounds = 60;         // of making one smaller
constexpr std::chrono::seconds kShrinksWithin(15);
constexpr std::size_t kMostTried = 200;  // smaller cases in a round
constexpr std::size_t kLongestBody = 400;
// A seed that people can type.
constexpr std::uint64_t kSeeds = 1'000'000'000;

struct Failure {
  Case one;
  CaseOutcome outcome;
  bool was_saved = false;
  std::string file{};  // in which it is saved
};

// Failures of one kind have one cause, as far as can be told.
std::string kind_of(const Failure& failure) {
  const CaseOutcome& outcome = failure.outcome;
  return failure.one.method + " " + std::to_string(outcome.status) + " " +
         (outcome.place.empty() ? failure.one.about : outcome.place);
}

std::string indented(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    result += "    " + std::string(line) + "\n";
  }
  return result;
}

std::string seconds_of(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", std::chrono::duration<double>(duration).count());
  return text;
}

class Trying {
 public:
  Trying(const FuzzCommand& command, FunctionBuild& build)
      : command_(command),
        build_(build),
        seed_(command.seed ? *command.seed : Random()() % kSeeds) {}

  int run() {
    std::error_code error;
    const fs::path source = fs::absolute(build_.settings().source.value, error).lexically_normal();
    folder_ = fs::is_directory(source, error) ? source : source.parent_path();
    auto saved = read_cases(folder_of_cases(folder_));
    if (!saved) return complain(saved.error().message(), kExitUsage);
    const bool is_remote = !command_.url.empty();
    if (is_remote && !command_.generates) return run_remote(*std::move(saved), {});

    std::vector<Note> notes;
    std::vector<std::string> files;
    const auto context = read_context(command_.flags, build_.environment(), notes, files);
    log_notes(notes, log_);
    if (!context) return complain(context.error(), kExitContext);
    LoadRequest request = build_.request();
    request.profile = Profile::kDevelop;
    request.sanitizers = command_.sanitizers;
    auto runtimes = sanitizer_runtimes(request);
    if (!runtimes) return complain(runtimes.error().message(), kExitUsage);
    auto work = WorkFolder::make(request.cache_dirs);
    if (!work) return complain(work.error().message(), kExitFailure);
    (void)prepare(request, log_);
    const Compilation compiled = compile(request, work->path(), log_);
    for (const CompilerWarning& warning : compiled.build.warnings) complain(warning.text);
    if (!compiled.program) return complain(compiled.program.error().message(), kExitLoad);
    built_in_ = compiled.build.elapsed;
    const TestRunOptions options{
        .folder = folder_, .runtimes = *std::move(runtimes), .timeout = command_.timeout};
    CaseProgram program{.path = *compiled.program,
                        .target = request.target.value_or(""),
                        .optional_hooks = command_.flags[Flag::kOptionalHooks]};
    if (!files.empty()) program.context_file = fs::absolute(files.front(), error).native();
    CaseRuns runs(std::move(program), work->path(), options);
    const SteadyTime began = clock_.now();
    const CaseRun first = runs.run(is_remote ? std::vector<Case>() : *saved);
    if (!first.problem.empty()) return complain(first.problem, kExitLoad);
    const GeneratedCases generated(first.openapi, seed_);
    std::vector<Case> made;
    if (generated.operations() > 0) {
      for (std::size_t i = 0; i < command_.cases; ++i) made.push_back(generated.at(i));
    }
    if (is_remote) return run_remote(*std::move(saved), std::move(made));

    take(*saved, first, true);
    if (made.empty() && saved->empty()) {
      return complain(
          "no function takes JSON of a type of its own, so there is nothing to try: "
          "--fuzz makes cases for typed functions",
          kExitTestFailed);
    }
    const CaseRun second = runs.run(made);
    if (!second.problem.empty()) return complain(second.problem, kExitLoad);
    take(made, second, false);
    is_cut_ = first.is_cut || second.is_cut;
    save_kinds(runs);
    return show(clock_.now() - began);
  }

 private:
  int run_remote(std::vector<Case> saved, std::vector<Case> made) {
    if (saved.empty() && made.empty()) {
      return complain("there is no case to send: " + folder_of_cases(folder_).native() +
                          " has none; save one there, or add --fuzz",
                      kExitTestFailed);
    }
    const SteadyTime began = clock_.now();
    const RemoteCases remote({.url = command_.url,
                              .at_a_time = command_.at_a_time,
                              .per_second = command_.per_second,
                              .timeout = command_.timeout});
    const CaseRun first = remote.run(saved);
    if (!first.problem.empty()) return complain(first.problem, kExitFailure);
    take(saved, first, true);
    const CaseRun second = remote.run(made);
    if (!second.problem.empty()) return complain(second.problem, kExitFailure);
    take(made, second, false);
    is_cut_ = first.is_cut || second.is_cut;
    return show(clock_.now() - began);
  }

  void take(const std::vector<Case>& cases, const CaseRun& run, bool was_saved) {
    count_ += run.outcomes.size();
    for (const CaseOutcome& outcome : run.outcomes) {
      if (outcome.problem.empty()) continue;
      failures_.push_back(
          {.one = cases[outcome.index], .outcome = outcome, .was_saved = was_saved});
      if (was_saved) failures_.back().file = file_of(cases[outcome.index]);
    }
  }

  std::string file_of(const Case& one) const {
    return folder_of_cases(fs::path()).native() + "/" + one.name + ".json";
  }

  // One failure of each kind is made as small as possible, and saved. If that is impossible, it is shown all the same.
  void save_kinds(CaseRuns& runs) {
    std::set<std::string> kinds;
    for (const Failure& failure : failures_) {
      if (failure.was_saved) kinds.insert(kind_of(failure));
    }
    std::vector<Failure> kept;
    std::size_t shrunk = 0;
    for (Failure& failure : failures_) {
      if (!failure.was_saved &&
          (!kinds.insert(kind_of(failure)).second || ++shrunk > kMostShrunk)) {
        ++alike_;
        continue;
      }
      if (!failure.was_saved) {
        shrink(failure, runs);
        failure.one.found = failure.outcome.problem;
        failure.one.name = name_of(failure.one);
        if (const auto done = save_case(folder_of_cases(folder_), failure.one); done) {
          failure.file = file_of(failure.one);
        } else {
          complain(done.error().message());
        }
      }
      kept.push_back(std::move(failure));
    }
    failures_ = std::move(kept);
  }

  void shrink(Failure& failure, CaseRuns& runs) const {
    const SteadyTime began = clock_.now();
    for (int round = 0; round < kMostRounds && clock_.now() - began < kShrinksWithin; ++round) {
      std::vector<Case> tried = smaller_cases(failure.one);
      if (tried.size() > kMostTried) tried.resize(kMostTried);
      if (tried.empty()) return;
      const CaseRun run = runs.run(tried, 1);
      const auto found = std::ranges::find_if(run.outcomes, [&](const CaseOutcome& outcome) {
        return !outcome.problem.empty() && outcome.status == failure.outcome.status &&
               outcome.place == failure.outcome.place;
      });
      if (found == run.outcomes.end()) return;
      failure.one = tried[found->index];
      failure.outcome = *found;
    }
  }

  int show(Duration took) const {
    const std::size_t failed = failures_.size() + alike_;
    const int code = failed > 0 || count_ == 0 ? kExitTestFailed : kExitOk;
    const Exit printed = print(command_.json ? json(failed) : text(failed, took));
    return printed == kExitOk ? code : printed;
  }

  std::string text(std::size_t failed, Duration took) const {
    std::string text;
    for (std::size_t i = 0; i < std::min(failures_.size(), kMostShown); ++i) {
      const Failure& failure = failures_[i];
      const Case& one = failure.one;
      std::string body = one.body;
      if (body.size() > kLongestBody) body = body.substr(0, kLongestBody) + "…";
      text += one.method + " " + one.path + " " + dev::visible(body) + "\n";
      if (!one.about.empty())
        text += "    expected 400, because of " + dev::visible(one.about) + "\n";
      text += indented(dev::visible(failure.outcome.problem, dev::Lines::kSeveral));
      text += indented(failure.outcome.output);
      if (!failure.file.empty())
        text += (failure.was_saved ? "    from " : "    saved as ") + failure.file + "\n";
      text += "\n";
    }
    if (failures_.size() > kMostShown)
      text += std::to_string(failures_.size() - kMostShown) + " more failures\n\n";
    if (is_cut_) text += "too many cases crashed or got no answer, so the rest was not tried\n";
    text += std::to_string(count_) + (count_ == 1 ? " case: " : " cases: ") +
            std::to_string(count_ - failed) + " as expected";
    if (failed > 0) text += ", " + std::to_string(failed) + " not";
    if (alike_ > 0) text += " (" + std::to_string(alike_) + " like another one)";
    text += " (";
    if (command_.generates) text += "seed " + std::to_string(seed_) + ", ";
    if (built_in_) text += seconds_of(*built_in_) + " to build, ";
    return text + seconds_of(took) + " to run)\n";
  }

  std::string json(std::size_t failed) const {
    Node list = Node::list();
    for (const Failure& failure : failures_) {
      Node one = Node::object({{"case", failure.one.name},
                               {"method", failure.one.method},
                               {"path", failure.one.path},
                               {"body", failure.one.body},
                               {"about", failure.one.about},
                               {"status", Node::number(failure.outcome.status)},
                               {"problem", failure.outcome.problem}});
      if (!failure.outcome.output.empty()) one.set("output", failure.outcome.output);
      if (!failure.file.empty()) one.set("file", failure.file);
      list.add(std::move(one));
    }
    Node result = result_of("test", {{"cases", Node::number(count_)},
                                     {"passed", Node::number(count_ - failed)},
                                     {"failed", Node::number(failed)}});
    if (command_.generates) result.set("seed", Node::number(seed_));
    if (!command_.url.empty()) result.set("url", command_.url);
    if (is_cut_) result.set("is_cut", Node::scalar(Node::Kind::kBool, "true"));
    result.set("failures", std::move(list));
    return document::with_unicode_repaired(document::to_json(result)) + "\n";
  }

  const FuzzCommand& command_;
  FunctionBuild& build_;
  const std::uint64_t seed_;
  SystemClock clock_;
  Logger log_{LogShape{.format = LogFormat::kReadable}, Level::kWarning, STDERR_FILENO};
  fs::path folder_;
  std::optional<Duration> built_in_;
  std::vector<Failure> failures_;
  std::size_t count_ = 0;  // cases that ran
  std::size_t alike_ = 0;  // failures of a kind of which another one is shown
  bool is_cut_ = false;
};

}  // namespace

int try_cases(const FuzzCommand& command, const Environment& process) {
  FunctionBuild build(command.flags, process);
  if (build.problem()) return *build.problem();
  return Trying(command, build).run();
}

}  // namespace ofn::cli
