#include "cli/command_line.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/nearest.h"
#include "cli/command_table.h"
#include "cli/command_texts.h"
#include "cli/completion.h"

namespace ofn::cli {

namespace {

std::string did_you_mean(std::string_view word, std::span<const std::string> words) {
  const std::string nearest = nearest_word(word, words);
  return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

std::string help_of(const CommandRow& row) { return full_name(row) + " --help"; }

std::string wrong_number(const FlagRow& row, const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number >= row.least && number <= row.most)
    return "";
  return "expected a number from " + std::to_string(row.least) + " to " + std::to_string(row.most) +
         ", found \"" + text + "\"";
}

std::string wrong_word(const FlagRow& row, const std::string& text) {
  const std::vector<std::string> words = words_of(row);
  if (std::ranges::find(words, text) != words.end()) return "";
  return "expected " + any_of(words) + ", found \"" + text + "\"" + did_you_mean(text, words);
}

std::string wrong_value(const FlagRow& row, const std::string& text) {
  if (row.is_switch()) {
    return text == "true" || text == "false"
               ? ""
               : "is a switch; expected true or false, found \"" + text + "\"";
  }
  if (row.kind == ValueKind::kNumber) return wrong_number(row, text);
  if (row.kind == ValueKind::kWord) return wrong_word(row, text);
  return row.problem == nullptr ? "" : row.problem(text);
}

// One command while argv is parsed. Lifetime: CLI11 keeps pointers to it.
struct Level {
  explicit Level(const CommandRow& row) : given(row) {}

  CLI::App* app = nullptr;
  Given given;
};

void add_setting(CLI::App& app, const FlagSpec& spec, Flags& flags) {
  const std::string name = "--" + std::string(spec.name);
  const auto keep = [&flags, flag = spec.flag](const std::string& text) { flags[flag] = text; };
  // Without a value, a switch means "true". --debug=false has precedence over its variable.
  CLI::Option* const option = spec.is_switch() ? app.add_flag(name)->each(keep)
                                               : app.add_option_function<std::string>(name, keep);
  if (spec.repeated == FlagSpec::Repeated::kAll) {
    option->delimiter(',');
    option->multi_option_policy(CLI::MultiOptionPolicy::Join);
  } else {
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

void add_flag(CLI::App& app, const FlagRow& row, Given& given) {
  std::string name = "--" + std::string(row.name);
  if (row.letter != '\0') name = std::string{'-', row.letter, ','} + name;
  const auto keep = [&given, flag = row.name](const std::string& text) { given.add(flag, text); };
  CLI::Option* option = nullptr;
  if (row.is_switch() || !row.bare.empty()) {
    if (!row.bare.empty()) name += "{" + std::string(row.bare) + "}";
    option = app.add_flag(name)->each(keep);
  } else if (row.is_repeated) {
    option = app.add_option_function<std::vector<std::string>>(
        name, [keep](const std::vector<std::string>& texts) {
          for (const std::string& text : texts) keep(text);
        });
    option->allow_extra_args(false);  // the next word is an argument
  } else {
    option = app.add_option_function<std::string>(name, keep);
  }
  if (!row.is_repeated) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  option->required(row.is_required);
  option->check([&row](const std::string& text) { return wrong_value(row, text); });
}

void add_argument(CLI::App& app, const FlagRow& row, Given& given) {
  const auto keep = [&given, name = row.name](const std::string& text) { given.add(name, text); };
  CLI::Option* option = nullptr;
  const std::string name(row.name);
  if (row.is_repeated) {
    option = app.add_option_function<std::vector<std::string>>(
        name, [keep](const std::vector<std::string>& texts) {
          for (const std::string& text : texts) keep(text);
        });
  } else {
    option = app.add_option_function<std::string>(name, keep);
  }
  option->required(row.is_required);
  option->check([&row](const std::string& text) { return wrong_value(row, text); });
}

class CommandParser {
 public:
  explicit CommandParser(std::span<const std::string> arguments) : arguments_(arguments) {
    app_.allow_extras();
    app_.require_subcommand(0, 1);
    add(app_, *find_command(""));
  }

  std::expected<Command, std::string> parse(std::size_t columns) {
    std::vector<std::string> reversed(arguments_.rbegin(),
                                      arguments_.rend());  // CLI11 reads them from the end
    try {
      app_.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return ShowCommand{help_text(used().given.row(), columns)};
    } catch (const CLI::ParseError& error) {
      return std::unexpected(std::string(error.what()) + " (" + help_of(used().given.row()) +
                             " lists all flags)");
    }
    for (const CLI::App* app = &app_;; app = app->get_subcommands().front()) {
      Level& level = level_of(app);
      if (const auto extras = app->remaining(); !extras.empty())
        return std::unexpected(unknown(level, extras.front()));
      if (app->get_subcommands().empty()) return level.given.row().read(level.given);
      // Flags before the name of a command would be read and then forgotten.
      const CommandRow& next = level_of(app->get_subcommands().front()).given.row();
      if (const std::string flag = level.given.first_given(); !flag.empty() && !next.is_hidden)
        return std::unexpected(misplaced(level.given.row(), flag, next));
    }
  }

 private:
  bool is_named(std::string_view word) const {
    return std::ranges::find(arguments_, word) != arguments_.end();
  }

  // Adds the command, and those of its own commands that the arguments may name: flags of commands
  // that are not used would make every start slower.
  void add(CLI::App& app, const CommandRow& row) {
    levels_.push_back(std::make_unique<Level>(row));
    Level& level = *levels_.back();
    level.app = &app;
    for (const FlagRow& flag : row.flags) add_flag(app, flag, level.given);
    for (const FlagRow& argument : row.arguments) add_argument(app, argument, level.given);
    if (row.takes != nullptr) {
      for (const FlagSpec& spec : flag_table()) {
        if (row.takes(spec)) add_setting(app, spec, level.given.settings());
      }
    }
    for (const CommandRow* own : commands_of(row.name)) {
      const std::string word(last_word(own->name));
      if (!is_named(word)) continue;
      CLI::App* const added = app.add_subcommand(word);
      added->allow_extras();
      add(*added, *own);
    }
  }

  Level& level_of(const CLI::App* app) {
    return **std::ranges::find_if(levels_, [app](const auto& each) { return each->app == app; });
  }

  // The command that the arguments name.
  Level& used() {
    const CLI::App* last = &app_;
    while (!last->get_subcommands().empty()) last = last->get_subcommands().front();
    return level_of(last);
  }

  static std::string unknown(const Level& level, const std::string& argument) {
    const CommandRow& row = level.given.row();
    const std::string word = argument.substr(0, argument.find('='));
    const std::string end = " (" + help_of(row) + " lists all)";
    if (word.starts_with("-")) {
      std::vector<std::string> flags{"--help"};
      for (const FlagRow& flag : row.flags) flags.push_back("--" + std::string(flag.name));
      for (const FlagSpec& spec : flag_table()) {
        if (row.takes != nullptr && row.takes(spec)) flags.push_back("--" + std::string(spec.name));
      }
      return "unknown flag " + word + did_you_mean(word, flags) + end;
    }
    std::vector<std::string> commands;
    for (const CommandRow* own : commands_of(row.name)) {
      if (!own->is_hidden) commands.emplace_back(last_word(own->name));
    }
    const std::string nearest = did_you_mean(word, commands);
    // A command's own argument is more likely than a misspelled command of it.
    if (row.name.empty() || !nearest.empty())
      return "unknown command \"" + argument + "\"" + nearest + end;
    return "unexpected argument \"" + argument + "\"; see " + help_of(row);
  }

  static std::string misplaced(const CommandRow& row, const std::string& flag,
                               const CommandRow& next) {
    return (row.name.empty() ? "" : std::string(row.name) + ": ") + flag + " has no effect on " +
           std::string(last_word(next.name)) + "; write: " + usage_text(next);
  }

  std::span<const std::string> arguments_;
  CLI::App app_;
  std::vector<std::unique_ptr<Level>> levels_;
};

}  // namespace

std::expected<Command, std::string> parse_command_line(std::span<const std::string> arguments,
                                                       std::size_t columns) {
  // The words of a line that a shell completes are no arguments of this program.
  if (!arguments.empty() && arguments.front() == "__complete")
    return ShowCommand{completions(arguments.subspan(1))};
  return CommandParser(arguments).parse(columns);
}

}  // namespace ofn::cli
