#include "cli/completion.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "cli/command_table.h"
#include "dev/instances.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

// A flag of either table.
struct FlagShape {
  std::string name;  // with its dashes
  std::string_view help;
  bool is_switch = false;
  bool is_repeated = false;
  ValueKind kind = ValueKind::kText;
  std::vector<std::string> words = {};
};

std::vector<FlagShape> flags_of(const CommandRow& row) {
  std::vector<FlagShape> flags{{.name = "--help", .help = "Print this help", .is_switch = true}};
  for (const FlagRow& flag : row.flags) {
    flags.push_back({"--" + std::string(flag.name), flag.help,
                     flag.is_switch() || !flag.bare.empty(), flag.is_repeated, flag.kind,
                     words_of(flag)});
  }
  if (row.takes == nullptr) return flags;
  for (const FlagSpec& spec : flag_table()) {
    if (!row.takes(spec)) continue;
    flags.push_back({"--" + std::string(spec.name), spec.help, spec.is_switch(),
                     spec.repeated == FlagSpec::Repeated::kAll, spec.kind, words_of(spec.words)});
  }
  return flags;
}

const FlagShape* find_flag(const std::vector<FlagShape>& flags, const CommandRow& row,
                           std::string_view word) {
  const auto named = [&](std::string_view name) {
    const auto found = std::ranges::find(flags, name, &FlagShape::name);
    return found == flags.end() ? nullptr : &*found;
  };
  if (word.size() == 2 && word[1] != '-') {
    for (const FlagRow& flag : row.flags) {
      if (flag.letter == word[1]) return named("--" + std::string(flag.name));
    }
  }
  return named(word);
}

// The words of a line as a shell reads them, as far as that is needed to complete the last one.
std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words(1);
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        words.back() += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == ' ' || c == '\t') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

// Answers, and what else fits.
class Offers {
 public:
  explicit Offers(std::string_view begin) : begin_(begin) {}

  void add(std::string_view word, std::string_view meaning) {
    if (!word.starts_with(begin_)) return;
    text_ += word;
    text_ += '\t';
    text_ += meaning.substr(0, meaning.find_first_of("\n\t"));
    text_ += '\n';
  }
  void add(const std::vector<std::string>& words) {
    for (const std::string& word : words) add(word, "");
  }
  void more(std::string rest) { rest_ = std::move(rest); }
  bool is_empty() const { return text_.empty() && rest_ == ":none"; }
  std::string take() { return std::move(text_) + rest_ + "\n"; }

 private:
  std::string_view begin_;
  std::string text_;
  std::string rest_ = ":none";
};

// A loop is found by its name and by its source, among others.
void offer_instances(Offers& offers) {
  const auto folder = dev::instance_folder([](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  });
  if (!folder) return;
  for (const dev::Instance& each : dev::running_instances(*folder)) {
    offers.add(each.source, "in " + each.folder);
    offers.add(each.name, each.source + " in " + each.folder);
  }
}

// Adds the values of a flag or an argument. `source`: of the function, for its targets.
void offer_values(Offers& offers, ValueKind kind, const std::vector<std::string>& words,
                  const fs::path& source) {
  if (kind == ValueKind::kFile) {
    std::string endings;
    for (const std::string& ending : words) endings += " " + ending;
    return offers.more(":files" + endings);
  }
  offers.add(words);
  if (kind == ValueKind::kFolder) offers.more(":folders");
  if (kind == ValueKind::kSource) offers.more(":files .cc .cpp .cxx .so");
  if (kind == ValueKind::kTarget) offers.add(targets_in(source));
  if (kind == ValueKind::kInstance) offer_instances(offers);
}

// The place in the line at which a word is completed.
struct Place {
  const CommandRow* row;
  std::size_t arguments = 0;           // that are given already
  std::set<std::string> given = {};    // flags
  std::optional<FlagShape> flag = {};  // whose value is completed
  fs::path source = {};
  bool only_arguments = false;  // after "--"
};

const CommandRow* own_command(const CommandRow& row, std::string_view word) {
  for (const CommandRow* own : commands_of(row.name)) {
    if (last_word(own->name) == word) return own;
  }
  return nullptr;
}

Place place_after(std::span<const std::string> words) {
  Place place{.row = find_command("")};
  std::vector<FlagShape> flags = flags_of(*place.row);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!place.only_arguments && word == "--") {
      place.only_arguments = true;
    } else if (!place.only_arguments && word.starts_with("-")) {
      const std::size_t sign = word.find('=');
      const FlagShape* const flag = find_flag(flags, *place.row, word.substr(0, sign));
      if (flag == nullptr) continue;
      place.given.insert(flag->name);
      const bool is_separate = !flag->is_switch && sign == std::string::npos;
      if (is_separate && i + 1 == words.size()) place.flag = *flag;
      const std::string value = sign != std::string::npos             ? word.substr(sign + 1)
                                : is_separate && i + 1 < words.size() ? words[i + 1]
                                                                      : std::string();
      if (flag->name == "--source") place.source = value;
      if (is_separate) ++i;
    } else if (const CommandRow* own =
                   place.only_arguments ? nullptr : own_command(*place.row, word);
               own != nullptr && place.arguments == 0) {
      place = {.row = own};
      flags = flags_of(*own);
    } else {
      ++place.arguments;
    }
  }
  return place;
}

void offer_words(Offers& offers, const Place& place, bool begins) {
  if (place.arguments == 0 && !place.only_arguments) {
    for (const CommandRow* own : commands_of(place.row->name)) {
      if (!own->is_hidden) offers.add(last_word(own->name), own->summary);
    }
  }
  const auto arguments = place.row->arguments;
  if (!arguments.empty()) {
    const FlagRow& argument = arguments[std::min(place.arguments, arguments.size() - 1)];
    if (place.arguments < arguments.size() || argument.is_repeated)
      offer_values(offers, argument.kind, words_of(argument), place.source);
  }
  if (begins && !place.only_arguments && offers.is_empty()) {
    for (const FlagShape& flag : flags_of(*place.row)) {
      if (!place.given.contains(flag.name) || flag.is_repeated) offers.add(flag.name, flag.help);
    }
  }
}

// The names that a line of C++ registers: OFN_FUNCTION(app::hello).
void add_registered(std::string_view text, std::set<std::string>& names) {
  constexpr std::string_view kMacro = "OFN_FUNCTION(";
  for (std::size_t at = 0; (at = text.find(kMacro, at)) != std::string_view::npos;) {
    at += kMacro.size();
    const std::string_view name = text.substr(at, text.find_first_of(",)\n", at) - at);
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:";
    if (!name.empty() && name.find_first_not_of(kAllowed) == std::string_view::npos)
      names.emplace(name);
  }
}

}  // namespace

std::vector<std::string> targets_in(const fs::path& source) {
  constexpr std::size_t kMostFiles = 64;
  constexpr std::size_t kMostBytes = 1 << 20;
  std::error_code error;
  std::vector<fs::path> files;
  fs::path place = source;
  if (place.empty()) place = fs::exists("main.cc", error) ? "main.cc" : ".";
  if (fs::is_directory(place, error)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(place, error)) {
      const fs::path ending = entry.path().extension();
      if ((ending == ".cc" || ending == ".cpp" || ending == ".cxx") && files.size() < kMostFiles)
        files.push_back(entry.path());
    }
  } else {
    files.push_back(place);
  }
  std::set<std::string> names;
  for (const fs::path& file : files) {
    if (!fs::is_regular_file(file, error)) continue;
    std::ifstream in(file, std::ios::binary);
    std::string text(kMostBytes, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    add_registered(text, names);
  }
  return {names.begin(), names.end()};
}

std::string completions(std::span<const std::string> arguments) {
  if (arguments.empty()) return ":none\n";
  const std::string& shell = arguments.front();
  std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  if (shell == "bash") {
    words = split(words.empty() ? "" : words.front());
    words.erase(words.begin());
  }
  if (words.empty()) words.emplace_back();
  const std::string last = words.back();
  const Place place = place_after(std::span(words).first(words.size() - 1));
  const std::size_t sign = last.find('=');
  if (place.flag) {
    Offers offers(last);
    offer_values(offers, place.flag->kind, place.flag->words, place.source);
    return offers.take();
  }
  if (last.starts_with("-") && sign != std::string::npos && !place.only_arguments) {
    const std::vector<FlagShape> flags = flags_of(*place.row);
    const FlagShape* const flag = find_flag(flags, *place.row, last.substr(0, sign));
    const std::string begin = last.substr(sign + 1);
    Offers offers(begin);
    if (flag != nullptr) offer_values(offers, flag->kind, flag->words, place.source);
    return offers.take();
  }
  Offers offers(last);
  if (last.starts_with("-") && !place.only_arguments) {
    for (const FlagShape& flag : flags_of(*place.row)) {
      if (!place.given.contains(flag.name) || flag.is_repeated) offers.add(flag.name, flag.help);
    }
  } else {
    offer_words(offers, place, last.empty());
  }
  return offers.take();
}

}  // namespace ofn::cli
