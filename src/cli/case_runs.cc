#include "cli/case_runs.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <ofn/testing/entry_report.h>

#include "base/joined.h"
#include "cli/command_line.h"
#include "cli/configuration.h"
#include "cli/hang_watch.h"
#include "cli/streams.h"
#include "context/settings.h"
#include "document/json.h"
#include "document/problem.h"
#include "document/slices.h"
#include "kit/process.h"
#include "kit/program_stage.h"
#include "loader/loader.h"
#include "logging/logger.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using document::Node;

std::size_t number_of(const Node& node, std::string_view name) {
  const Node* const found = node.find(name);
  std::size_t number = 0;
  if (found != nullptr)
    std::from_chars(found->text().data(), found->text().data() + found->text().size(), number);
  return number;
}

// "(hello.cc:12)" of a stack: the author's innermost line.
std::string first_place(std::string_view stack) {
  for (std::size_t at = stack.find('('); at != std::string_view::npos;
       at = stack.find('(', at + 1)) {
    const std::string_view inside = stack.substr(at + 1, stack.find(')', at) - at - 1);
    const std::size_t colon = inside.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == inside.size()) continue;
    if (inside.find_first_not_of("0123456789", colon + 1) == std::string_view::npos)
      return std::string(inside.substr(inside.rfind('/') + 1));
  }
  return "";
}

// Lines of JSON, one for each thing that happens, so that nothing is lost if the process crashes.
class Report {
 public:
  explicit Report(const std::string& file) : out_(file, std::ios::app) {}
  void write(const Node& line) { out_ << document::to_json(line) << '\n' << std::flush; }

 private:
  std::ofstream out_;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    lines.emplace_back(line);
  }
  return lines;
}

Node outcome_of(const Case& one, const testing::Result& result) {
  std::string problem = problem_of(one.expected, {.status = result.status, .body = result.body});
  Node node = Node::object({{"what", "end"}, {"status", Node::number(result.status)}});
  if (!problem.empty() && result.thrown) {
    const testing::Thrown& thrown = *result.thrown;
    problem += "\nthrew " + thrown.type + (thrown.what.empty() ? "" : ": " + thrown.what);
    if (!thrown.file.empty()) {
      const std::string place =
          fs::path(thrown.file).filename().native() + ":" + std::to_string(thrown.line);
      problem += " at " + place + " in " + thrown.function;
      node.set("place", place);
    }
  }
  node.set("problem", std::move(problem));
  return node;
}

}  // namespace

CaseRun CaseRuns::run(const std::vector<Case>& cases, std::size_t most_crashes) {
  CaseRun all;
  std::size_t next = 0;
  for (std::size_t crashes = 0; crashes <= most_crashes; ++crashes) {
    const std::string number = std::to_string(++runs_);
    const fs::path file = work_ / ("cases" + number);
    const fs::path report = work_ / ("case-report" + number);
    const fs::path output = work_ / ("case-output" + number);
    {
      std::ofstream out(file, std::ios::binary);
      for (std::size_t i = next; i < cases.size(); ++i)
        out << document::to_json(node_of(cases[i])) << '\n';
    }
    std::vector<std::string> arguments = {"__run-cases", "--timeout",
                                          std::to_string(options_.timeout.count())};
    const auto add = [&](const char* flag, const std::string& value) {
      arguments.insert(arguments.end(), {flag, value});
    };
    if (!program_.target.empty()) add("--target", program_.target);
    if (!program_.context_file.empty()) add("--context", program_.context_file);
    if (program_.optional_hooks) add("--optional-hooks", *program_.optional_hooks);
    arguments.insert(arguments.end(), {program_.path.native(), file.native(), report.native()});
    const auto code = run_alone(std::move(arguments), output, options_);
    if (!code) return all;
    std::optional<CaseOutcome> open;
    for (const std::string& line : lines_of(content_of(report))) {
      const auto node = document::json_value(document::with_unicode_repaired(line));
      if (!node) continue;  // the process ended while it wrote the line
      const std::string_view what = node->find_text("what");
      if (what == "openapi") {
        if (auto document = document::json_value(node->find_text("text")))
          all.openapi = *std::move(document);
      } else if (what == "problem") {
        all.problem = node->find_text("text");
      } else if (what == "begin") {
        open = CaseOutcome{.index = next};
      } else if (what == "end" && open) {
        open->status = static_cast<int>(number_of(*node, "status"));
        open->problem = node->find_text("problem");
        open->place = node->find_text("place");
        all.outcomes.push_back(*std::exchange(open, std::nullopt));
        ++next;
      } else if (what == "hang" && open) {
        const std::string stack(node->find_text("stack"));
        open->problem = "did not end within " + std::to_string(number_of(*node, "seconds")) + " s" +
                        (stack.empty() ? "" : "; it is in " + stack);
        open->place = first_place(stack);
      }
    }
    if (!open) {
      if (*code != 0 && all.problem.empty()) {
        all.problem = "the process of the cases ended with exit code " + std::to_string(*code) +
                      "\n" + shortened_output(output_of_last(output));
      }
      return all;
    }
    if (open->problem.empty()) {
      const std::string text = output_of_last(output);
      open->output = shortened_output(text);
      open->problem =
          text.empty() ? "ended the process with exit code " + std::to_string(*code) : "crashed";
      open->place = first_place(text);
    }
    all.outcomes.push_back(*std::move(open));
    ++next;
  }
  all.is_cut = next < cases.size();
  return all;
}

int run_cases(const RunCasesCommand& command, const Environment& env) {
  // From here on a crash is reported with the author's frames.
  (void)kit::Process::of();
  const HangWatch watch(command.report, command.timeout);
  Report report(command.report);
  const auto tell = [&](const std::string& problem) {
    report.write(Node::object({{"what", "problem"}, {"text", problem}}));
    return kExitLoad;
  };
  Logger log(LogShape{.format = LogFormat::kReadable}, Level::kWarning, STDERR_FILENO);
  const auto program =
      load({.source = command.program,
            .shown = "the function",
            .target = command.target.empty() ? std::nullopt : std::optional(command.target),
            .cxxflags = {},
            .include_dir = {}},
           log);
  if (!program) return tell(program.error().message());
  std::vector<Note> notes;  // `test` has told them
  std::vector<std::string> files;
  const auto context = read_context(command.flags, env, notes, files);
  if (!context) return tell(joined(context.error(), "\n", &Problem::text));
  const auto settings = resolve_settings(command.flags, env, *context, notes);
  if (!settings) return tell(joined(settings.error(), "\n", &Problem::text));
  const testing::Options options{.target = command.target,
                                 .optional_hooks = settings->optional_hooks};
  try {
    const auto open = [&] {
      return std::make_unique<kit::ProgramStage>(program->program, options, *context);
    };
    report.write(Node::object({{"what", "openapi"}, {"text", open()->openapi()}}));
    for (const std::string& line : lines_of(content_of(command.cases))) {
      const auto node = document::json_value(line);
      const auto one = node ? case_of(*node, "") : fail(Code::kInvalidArgument, "it is not JSON");
      if (!one) return tell("a case cannot be read: " + one.error().message());
      std::fflush(stdout);  // it has the output of the cases before
      std::fwrite(testing::internal::kTestBegins.data(), 1, testing::internal::kTestBegins.size(),
                  stderr);
      report.write(Node::object({{"what", "begin"}}));
      testing::Call call{.method = one->method, .target = one->path, .body = one->body};
      for (const auto& [name, value] : one->fields) call.fields.push_back({name, value});
      const auto stage = open();
      const auto flight = stage->start(call, false);
      flight->finish();
      report.write(outcome_of(*one, flight->result()));
    }
  } catch (const std::runtime_error& error) {
    return tell(error.what());
  }
  return kExitOk;
}

}  // namespace ofn::cli
