// The rules of files of variables: OFN4…
#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/nearest.h"
#include "check/facts.h"
#include "context/flag_table.h"
#include "context/settings.h"
#include "document/problem.h"

namespace ofn::check {

namespace {

void append_names(std::string_view names, std::vector<std::string>& all) {
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(", "), names.size());
    all.emplace_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 2, names.size()));
  }
}

std::vector<std::string> known_variables() {
  std::vector<std::string> names;
  for (const FlagSpec& spec : flag_table()) {
    names.emplace_back(spec.variable);
    append_names(spec.alias, names);
  }
  for (const VariableSpec& variable : variable_table()) append_names(variable.name, names);
  return names;
}

// Variables of the platform's builder and of Dapr, which the program does not read: a name that begins so may be right.
bool is_of_a_family(std::string_view name) {
  return name.starts_with("FUNC_") || name.starts_with("FUNCTION_") || name.starts_with("DAPR_");
}

void check_name(const CheckedEnvFile& file, const FileVariable& variable,
                const std::vector<std::string>& known, Findings& findings) {
  if (std::ranges::find(known, variable.name) != known.end()) return;
  const std::string certain = certain_word(variable.name, known);
  const bool is_ours = variable.name.starts_with("OFN_");
  if (!is_ours && (certain.empty() || !is_of_a_family(variable.name))) return;
  findings.add_fixable(
      "OFN4002", file.name_spot(variable),
      "the program does not know the variable " + quoted(variable.name) +
          (certain.empty() ? std::string() : "; did you mean " + quoted(certain) + "?"),
      "correct the name, or remove the line; `functions-framework --help` lists the variables",
      certain);
}

void check_values(const CheckedEnvFile& file, Findings& findings) {
  // As on the author's machine, where the values are used.
  const Environment env = with_variables(Environment(), file.variables);
  std::vector<Note> notes;
  const auto settings = resolve_settings(Flags(), env, FunctionContext(), notes);
  if (settings) return;
  for (const Problem& problem : settings.error()) {
    for (const FileVariable& variable : file.variables) {
      if (env.label(variable.name) != problem.source) continue;
      findings.add("OFN4004", file.value_spot(variable),
                   variable.name + ": expected " + problem.expected + ", found " + problem.found,
                   "give " + variable.name + " such a value, or remove the line");
    }
  }
}

}  // namespace

void check_env_files(Facts& facts, Findings& findings) {
  const std::vector<std::string> known = known_variables();
  for (const Text& text : facts.project.env_files) {
    std::vector<Note> notes;
    auto variables = parse_env_file(text.name, text.content, notes);
    if (!variables) {
      for (const Problem& problem : variables.error()) {
        findings.add("OFN4001", line_spot(text, static_cast<std::size_t>(problem.line)),
                     "expected " + problem.expected + ", found " + problem.found,
                     "correct the line; docs/flags.md has the grammar of these files");
      }
      continue;
    }
    const CheckedEnvFile& file =
        facts.env_files.emplace_back(CheckedEnvFile{&text, *std::move(variables)});
    std::map<std::string_view, const FileVariable*> first;
    for (const FileVariable& variable : file.variables) {
      check_name(file, variable, known, findings);
      const auto [known_one, is_new] = first.emplace(variable.name, &variable);
      if (is_new) continue;
      findings.add("OFN4003", file.name_spot(variable),
                   "the variable " + quoted(variable.name) + " is set again; the value of " +
                       known_one->second->place + " is not used",
                   "remove one of the two lines");
    }
    check_values(file, findings);
  }
}

}  // namespace ofn::check
