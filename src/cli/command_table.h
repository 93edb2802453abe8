// The commands of the program, with their flags and arguments, as data. This one table is the
// source for parsing the command line, for --help, for the manual pages and for the completions of
// shells.
//
//   for (const CommandRow* row : command_table()) text += std::string(row->name) + "\n";
//
// src/cli/README.md says how to add a command.
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.h"
#include "context/flag_table.h"

namespace ofn::cli {

// A flag that belongs to its command only, or an argument. Flags that several commands share, and
// that have a variable, are in the flag table instead (context/flag_table.h).
struct FlagRow {
  std::string_view name;        // without the dashes: "output"; of an argument: "FILE"
  char letter = '\0';           // 'o' for -o
  std::string_view value = {};  // the value's name in --help: "FILE"; empty for a switch
  std::string_view help = {};   // one sentence without a period
  std::string_view group = {};  // the heading in --help; "" is "Options"
  ValueKind kind = ValueKind::kText;
  std::string_view words = {};  // as FlagSpec::words
  std::int64_t least = 0;       // of a kNumber
  std::int64_t most = 0;
  bool is_required = false;
  bool is_repeated = false;  // given several times, all count; otherwise the last one
  // The value if none is given; then a value needs the form --name=VALUE. Empty: one is needed.
  std::string_view bare = {};
  // More words for a kWord or a kText that are known only when the program runs.
  std::vector<std::string> (*more_words)() = nullptr;
  // Returns what is wrong with a value, or an empty text.
  std::string (*problem)(const std::string& text) = nullptr;

  bool is_switch() const { return value.empty(); }
};

class Given;

// One command. The program without a command is the row with the empty name.
struct CommandRow {
  std::string_view name;     // "build"; "manifest check" for a command of a command
  std::string_view summary;  // one sentence without a period, for the list of commands
  // What the command does, for its --help and its manual page; empty: the summary says it all.
  std::string_view description = {};
  std::span<const FlagRow> flags = {};
  std::span<const FlagRow> arguments = {};
  // Returns true if the command takes the row of the flag table.
  bool (*takes)(const FlagSpec& spec) = nullptr;
  // More text for the end of --help.
  std::string (*footer)() = nullptr;
  // Other programs call it, and people do not: it is neither listed nor completed.
  bool is_hidden = false;
  // Makes the command of its flags. Errors: one message for people that names the flag.
  std::expected<Command, std::string> (*read)(Given& given) = nullptr;
};

// All commands, in the order of --help; a command's own commands follow it.
std::span<const CommandRow* const> command_table() noexcept;
// The row of that name, or nullptr.
const CommandRow* find_command(std::string_view name) noexcept;
// The commands of a command; of the empty name: those of the program.
std::vector<const CommandRow*> commands_of(std::string_view name);
// "check" of "manifest check".
std::string_view last_word(std::string_view name) noexcept;
// "grpc", "http" of "grpc|http".
std::vector<std::string> words_of(std::string_view words);
// All words of the row, also those that are known only now.
std::vector<std::string> words_of(const FlagRow& row);
// "a, b or c".
std::string any_of(std::span<const std::string> words);
// What the command line has for one command. A flag is named as in its row.
class Given {
 public:
  // `row`: outlives the object.
  explicit Given(const CommandRow& row) : row_(&row) {}

  const CommandRow& row() const { return *row_; }
  // Flags of the flag table.
  Flags& settings() { return settings_; }

  void add(std::string_view flag, std::string text);
  // Returns true if a switch is on, or if a value is given.
  bool has(std::string_view flag) const;
  // The last value.
  std::string text(std::string_view flag, std::string_view otherwise = {}) const;
  const std::vector<std::string>& all(std::string_view flag) const;
  template <std::integral N>
  N number(std::string_view flag, N otherwise) const {
    return static_cast<N>(number_or(flag, static_cast<std::int64_t>(otherwise)));
  }
  // The first flag or setting that is given, such as "--image"; empty if there is none.
  std::string first_given() const;

 private:
  void check_known(std::string_view flag) const;
  std::int64_t number_or(std::string_view flag, std::int64_t otherwise) const;

  const CommandRow* row_;
  Flags settings_;
  std::map<std::string_view, std::vector<std::string>> texts_;  // by the names of the rows
};

}  // namespace ofn::cli
