#include "context/env_file.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>

#include "base/trimmed.h"

namespace ofn {
namespace {

constexpr std::size_t kMaxProblems = 20;
// Linux passes no longer string to a program (MAX_ARG_STRLEN, execve(2)), with "=" and its NUL.
constexpr std::size_t kMaxVariableBytes = std::size_t{128} * 1024 - 2;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kExport = "export";

constexpr std::string_view kExpectedName =
    R"(a name of letters, digits, "_", "-" and "." that does not begin with a digit)";
constexpr std::string_view kExpectedEscape =
    R"(\n, \r, \t, \", \\ or \$ within double quotes; single quotes keep every backslash)";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' ||
         c == '.';
}

std::string_view skip_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

// Returns a description of the first character that no name may have; empty if there is none.
std::string wrong_in_name(std::string_view name) {
  if (name.empty()) return "nothing before \"=\"";
  if (is_digit(name.front())) return "a digit at its beginning";
  const auto wrong = std::ranges::find_if_not(name, is_of_name);
  if (wrong == name.end()) return {};
  if (is_blank(*wrong)) return "a blank in it";
  const auto byte = static_cast<unsigned char>(*wrong);
  if (byte >= 0x80) return "a character in it that is not ASCII";
  return "the character " + quoted(std::string_view(&*wrong, 1));
}

class EnvFileParser {
 public:
  EnvFileParser(std::string_view file, std::vector<Note>& notes) : file_(file), notes_(notes) {}

  std::expected<std::vector<FileVariable>, std::vector<Problem>> parse(std::string_view text) && {
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
      line_ = 1;
      problem("text in UTF-8", "text in UTF-16");
      return std::unexpected(std::move(problems_));
    }
    if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
    while (!text.empty() && problems_.size() < kMaxProblems) {
      const auto end = text.find('\n');
      ++line_;
      std::string_view line = text.substr(0, end);
      if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
      read_line(line);
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return std::move(variables_);
  }

 private:
  std::string place() const { return place(line_); }
  std::string place(std::size_t line) const { return file_ + ':' + std::to_string(line); }

  void problem(std::string_view expected, std::string found) {
    problems_.push_back({.source = place(),
                         .path = {},
                         .expected = std::string(expected),
                         .found = std::move(found),
                         .line = static_cast<int>(line_)});
  }

  void read_line(std::string_view line) {
    if (line.find('\0') != std::string_view::npos) return problem("text", "a NUL byte");
    if (line.find('\r') != std::string_view::npos) {
      return problem("a line that ends with LF or CR LF", "a carriage return within the line");
    }
    line = trimmed(line);
    if (line.empty() || line.front() == '#') return;
    if (line.starts_with(kExport) && line.size() > kExport.size() &&
        is_blank(line[kExport.size()])) {
      line = skip_blanks(line.substr(kExport.size()));
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      return problem("NAME=value, or a comment that begins with \"#\"", "a line without \"=\"");
    }
    const std::string_view name = trimmed(line.substr(0, equals));
    if (std::string wrong = wrong_in_name(name); !wrong.empty()) {
      return problem(kExpectedName, std::move(wrong));
    }
    if (auto value = read_value(line.substr(equals + 1))) add(name, *std::move(value));
  }

  // `text` is all that follows "=". Returns nullopt after a problem.
  std::optional<std::string> read_value(std::string_view text) {
    const std::string_view value = skip_blanks(text);
    if (value.starts_with('\'')) return read_verbatim(value.substr(1));
    if (value.starts_with('"')) return read_escaped(value.substr(1));
    std::size_t end = 0;
    while (end < text.size() && !(text[end] == '#' && end > 0 && is_blank(text[end - 1]))) ++end;
    return std::string(trimmed(text.substr(0, end)));
  }

  // `text` follows the opening quote.
  std::optional<std::string> read_verbatim(std::string_view text) {
    const auto end = text.find('\'');
    if (end == std::string_view::npos) {
      problem("a closing ' in the same line", "the end of the line");
      return std::nullopt;
    }
    return ends_after(text.substr(end + 1)) ? std::optional(std::string(text.substr(0, end)))
                                            : std::nullopt;
  }

  std::optional<std::string> read_escaped(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') {
        return ends_after(text.substr(i + 1)) ? std::optional(std::move(value)) : std::nullopt;
      }
      if (text[i] != '\\') {
        value += text[i];
        continue;
      }
      if (++i == text.size()) break;
      const auto escape = escaped(text[i]);
      if (!escape) {
        problem(kExpectedEscape, "a backslash before another character");
        return std::nullopt;
      }
      value += *escape;
    }
    problem("a closing \" in the same line; a line break within the value is written \\n",
            "the end of the line");
    return std::nullopt;
  }

  static std::optional<char> escaped(char c) {
    switch (c) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case '"':
      case '\\':
      case '$':
        return c;
      default:
        return std::nullopt;
    }
  }

  // Returns true if nothing but a comment follows a closing quote; otherwise reports a problem.
  bool ends_after(std::string_view rest) {
    const std::string_view comment = skip_blanks(rest);
    if (comment.empty() || (comment.front() == '#' && comment.size() < rest.size())) return true;
    problem("the end of the line, or a blank and a comment, after the closing quote", "more text");
    return false;
  }

  void add(std::string_view name, std::string value) {
    if (name.size() + value.size() > kMaxVariableBytes) {
      return problem("a name and a value that have at most " + std::to_string(kMaxVariableBytes) +
                         " bytes together, because Linux passes no more to a program",
                     std::to_string(name.size() + value.size()) + " bytes");
    }
    const auto [first, is_new] = lines_.try_emplace(std::string(name), line_);
    if (!is_new) {
      notes_.push_back({Level::kWarning, place() + ": " + std::string(name) +
                                             " is given again; line " +
                                             std::to_string(first->second) + " is not used"});
      first->second = line_;
    }
    variables_.push_back({std::string(name), std::move(value), place()});
  }

  std::string file_;
  std::vector<Note>& notes_;
  std::size_t line_ = 0;
  std::vector<FileVariable> variables_;
  std::map<std::string, std::size_t, std::less<>> lines_;  // of each name, the last one
  std::vector<Problem> problems_;
};

}  // namespace

std::expected<std::vector<FileVariable>, std::vector<Problem>> parse_env_file(
    std::string_view file, std::string_view text, std::vector<Note>& notes) {
  return EnvFileParser(file, notes).parse(text);
}

std::vector<FileVariable> lacking(const Environment& env, std::vector<FileVariable> variables,
                                  std::vector<Note>& notes) {
  std::map<std::string, FileVariable, std::less<>> last;
  for (FileVariable& variable : variables) {
    std::string name = variable.name;
    last.insert_or_assign(std::move(name), std::move(variable));
  }
  std::vector<FileVariable> result;
  for (auto& [name, variable] : last) {
    if (env(name)) {
      notes.push_back({Level::kDebug, variable.place + ": " + name +
                                          " is not used, because the environment sets it"});
    } else {
      result.push_back(std::move(variable));
    }
  }
  return result;
}

Environment with_variables(const Environment& env, std::vector<FileVariable> variables) {
  using Map = std::map<std::string, FileVariable, std::less<>>;
  auto map = std::make_shared<Map>();  // shared by both functions and all copies
  for (FileVariable& variable : variables) {
    std::string name = variable.name;
    map->insert_or_assign(std::move(name), std::move(variable));
  }
  const std::shared_ptr<const Map> added = std::move(map);
  return {[env, added](std::string_view name) {
            const auto found = added->find(name);
            return found == added->end() ? env(name) : std::optional(found->second.value);
          },
          [env, added](std::string_view name) {
            const auto found = added->find(name);
            return found == added->end() ? env.label(name)
                                         : found->second.place + " (" + std::string(name) + ')';
          }};
}

}  // namespace ofn
