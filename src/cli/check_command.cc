#include "cli/check_command.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

#include "check/fix.h"
#include "check/report.h"
#include "cli/check_files.h"
#include "cli/deep_check.h"
#include "cli/replaced_file.h"
#include "cli/streams.h"
#include "dev/styled_text.h"

namespace ofn::cli {

namespace {

using check::Finding;
using check::Text;

// A fix may show a further mistake, such as a property of a type that is now known.
constexpr int kMostRounds = 5;

const Text* file_named(const check::Project& project, std::string_view name) {
  for (const auto* texts :
       {&project.contexts, &project.env_files, &project.components, &project.manifests}) {
    const auto found = std::ranges::find(*texts, name, &Text::name);
    if (found != texts->end()) return &*found;
  }
  return nullptr;
}

std::set<std::string> files_to_fix(const std::vector<Finding>& findings) {
  std::set<std::string> files;
  for (const Finding& finding : findings) {
    for (const check::Edit& edit : finding.fix) files.insert(edit.file);
  }
  return files;
}

// Corrects files until nothing can be corrected, and says what was done. Errors: a file cannot be written.
Result<void> fix(const CheckCommand& command, const Environment& env, CheckFiles& files,
                 std::vector<Finding>& findings) {
  for (int round = 0; round < kMostRounds; ++round) {
    const std::set<std::string> names = files_to_fix(findings);
    if (names.empty()) return {};
    for (const std::string& name : names) {
      const Text* text = file_named(files.project, name);
      if (text == nullptr) continue;
      const std::vector<check::Edit> edits = check::edits_of(findings, name);
      const auto done = replace_file(name, text->content, check::with_edits(text->content, edits));
      if (!done) return done;
      complain(name + ": " + std::to_string(edits.size()) +
               (edits.size() == 1 ? " mistake is corrected" : " mistakes are corrected"));
    }
    files = read_check_files(command.path, command.flags, env);
    findings = check::check(files.project);
  }
  return {};
}

void append(std::vector<Finding>& all, std::vector<Finding> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

bool write_file(const std::string& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  return static_cast<bool>(stream);
}

}  // namespace

int check_project(const CheckCommand& command, const Environment& env, const abi::Program* linked) {
  CheckFiles files = read_check_files(command.path, command.flags, env);
  for (const std::string& problem : files.problems) complain(problem);
  if (!files.problems.empty()) return kExitUsage;
  std::vector<Finding> findings = check::check(files.project);
  if (command.fixes) {
    if (const auto fixed = fix(command, env, files, findings); !fixed)
      return complain(fixed.error().message(), kExitFailure);
  }
  if (command.deep) {
    check::Findings deep;
    check_deeply(files, command.flags, env, linked, deep);
    append(findings, std::move(deep).take());
  }
  const bool sarif_is_printed = command.sarif == "-";
  if (!command.sarif.empty()) {
    const std::string log = check::sarif(findings, OFN_VERSION);
    if (sarif_is_printed) {
      if (const Exit printed = print(log); printed != kExitOk) return printed;
    } else if (!write_file(command.sarif, log)) {
      return complain("--sarif: the file " + ofn::quoted(command.sarif, 4096) +
                          " cannot be written; name another one",
                      kExitUsage);
    }
  }
  if (!sarif_is_printed) {
    const auto variable = [&env](const char* name) { return env(name).value_or(""); };
    const dev::Look look = dev::look_for(
        isatty(STDOUT_FILENO) == 1 ? dev::WritesTo::kTerminal : dev::WritesTo::kOther, variable);
    const Exit printed = print(command.json ? check::findings_json(findings, files.counts)
                                            : check::findings_text(findings, files.counts, look));
    if (printed != kExitOk) return printed;
  }
  return check::count(findings, check::Severity::kError) > 0 ? kExitFindings : kExitOk;
}

}  // namespace ofn::cli
