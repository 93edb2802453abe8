#include "cli/env_files.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "cli/named_file.h"
#include "context/settings.h"
#include "context/units.h"

namespace ofn::cli {

namespace {

void append(auto& list, auto more) {
  list.insert(list.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

// The file is read already, so its line would have no effect.
void refuse_further_files(const std::vector<FileVariable>& variables,
                          std::vector<Problem>& problems) {
  const std::string_view name = flag_spec(Flag::kEnvFile).variable;
  for (const FileVariable& variable : variables) {
    if (variable.name != name) continue;
    problems.push_back({.source = variable.place,
                        .path = {},
                        .expected = "a variable other than " + std::string(name) +
                                    ", because such a file names no further files",
                        .found = std::string(name)});
  }
}

void read(const std::string& file, const Origin& origin, std::vector<FileVariable>& all,
          EnvFiles& result) {
  auto text = read_named_file(file, origin);
  if (!text) return result.problems.push_back(std::move(text.error()));
  auto variables = parse_env_file(file, *text, result.notes);
  if (!variables) return append(result.problems, std::move(variables.error()));
  refuse_further_files(*variables, result.problems);
  append(all, *std::move(variables));
}

}  // namespace

EnvFiles read_env_files(const Flags& flags, const Environment& env) {
  EnvFiles result;
  const GivenText given = given_text(flags, env, Flag::kEnvFile);
  auto files = parse_list(given.text);
  if (!files || (files->empty() && !given.origin.is_default())) {
    result.problems.push_back({.source = given.origin.name,
                               .path = {},
                               .expected = "names of files, separated by commas",
                               .found = quoted(given.text)});
    return result;
  }
  std::vector<FileVariable> all;
  for (const std::string& file : *files) read(file, given.origin, all, result);
  result.files = *std::move(files);
  result.variables = lacking(env, std::move(all), result.notes);
  return result;
}

void set_in_process(std::span<const FileVariable> variables) {
  for (const FileVariable& variable : variables) {
    setenv(variable.name.c_str(), variable.value.c_str(), 1);
  }
}

}  // namespace ofn::cli
