#include "loader/scan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>

namespace ofn::loader {
namespace {

bool is_word(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Splits C++ source into words and signs, without comments, preprocessor lines and the content of
// literals.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  // Returns the next token; empty at the end. A literal is returned as a '"'.
  std::string_view next() {
    skip_blanks();
    if (rest_.empty()) return {};
    at_line_begin_ = false;
    std::size_t size = 1;
    if (is_word(rest_[0])) {
      const bool is_number = std::isdigit(static_cast<unsigned char>(rest_[0])) != 0;
      while (size < rest_.size() && (is_word(rest_[size]) || (is_number && rest_[size] == '\''))) {
        ++size;
      }
      const std::string_view word = rest_.substr(0, size);
      // The prefix of a literal: R"(…)", u8R"(…)", L'x'.
      const bool is_literal = size < rest_.size() && (rest_[size] == '"' || rest_[size] == '\'');
      if (!is_literal || is_number) return take(size);
      rest_.remove_prefix(size);
      if (rest_[0] == '"' && word.back() == 'R') return take_raw();
    }
    if (rest_[0] == '"' || rest_[0] == '\'') return take_quoted();
    size = rest_.starts_with("::") || rest_.starts_with("->") ? 2 : 1;
    return take(size);
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view take_quoted() {
    const char quote = rest_[0];
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != quote && rest_[end] != '\n') {
      end += rest_[end] == '\\' ? 2 : 1;
    }
    take(end + 1);
    return "\"";
  }
  std::string_view take_raw() {
    const auto open = rest_.find('(');
    const std::string close =
        ')' + std::string(rest_.substr(1, open == std::string_view::npos ? 0 : open - 1)) + '"';
    const auto end = rest_.find(close);
    take(end == std::string_view::npos ? rest_.size() : end + close.size());
    return "\"";
  }
  void skip_line() {
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      const bool goes_on = end != std::string_view::npos && end > 0 && rest_[end - 1] == '\\';
      take(end == std::string_view::npos ? rest_.size() : end + 1);
      if (!goes_on) return;
    }
  }
  void skip_blanks() {
    while (!rest_.empty()) {
      if (rest_.starts_with("//")) {
        skip_line();
        at_line_begin_ = true;
      } else if (rest_.starts_with("/*")) {
        const auto end = rest_.find("*/");
        take(end == std::string_view::npos ? rest_.size() : end + 2);
      } else if (rest_[0] == '#' && at_line_begin_) {
        skip_line();
      } else if (std::isspace(static_cast<unsigned char>(rest_[0])) != 0) {
        at_line_begin_ |= rest_[0] == '\n';
        take(1);
      } else {
        return;
      }
    }
  }

  std::string_view rest_;
  bool at_line_begin_ = true;
};

template <std::size_t kCount>
bool is_one_of(std::string_view word, const std::array<std::string_view, kCount>& words) {
  return std::ranges::find(words, word) != words.end();
}

// Words between the parameters and the body that may have a '(' of their own.
constexpr std::array<std::string_view, 9> kSpecifiers = {"noexcept", "requires",      "decltype",
                                                         "alignas",  "throw",         "sizeof",
                                                         "typeid",   "__attribute__", "__declspec"};
constexpr std::array<std::string_view, 8> kBehindParameters = {
    "noexcept", "const", "->", "try", "requires", "throw", "__attribute__", "&"};
constexpr std::array<std::string_view, 8> kNoFunctions = {
    "class", "struct", "union", "enum", "using", "template", "concept", "typedef"};

class Scan {
 public:
  explicit Scan(std::string_view text) : tokens_(text) {}

  std::vector<DefinedFunction> run() {
    while (declaration()) {
    }
    return std::move(found_);
  }

 private:
  struct Scope {
    std::size_t size;  // of the scope's name before
    bool is_local;
  };

  // Skips to the sign that closes a group whose first sign was taken.
  void skip_group(std::string_view open, std::string_view close) {
    for (int depth = 1; depth > 0;) {
      const std::string_view token = tokens_.next();
      if (token.empty()) return;
      if (token == open) ++depth;
      if (token == close) --depth;
    }
  }

  // Reads one declaration at namespace scope, or the end of a scope. Returns false at the end of
  // the text.
  bool declaration() {
    std::vector<std::string_view> words;  // the words before the body, except those in parentheses
    std::optional<std::size_t> name;      // the index of a function's name in `words`
    bool has_value = false;
    bool has_members = false;  // a constructor's initializers after a ':'
    while (true) {
      const std::string_view token = tokens_.next();
      if (token.empty()) return false;
      if (token == "}") {
        leave();
        return true;
      }
      if (token == ";") return true;
      if (token == "(") {
        const bool may_be_name = !words.empty() && is_word(words.back()[0]) && !has_value &&
                                 !has_members && !is_one_of(words.back(), kSpecifiers);
        if (may_be_name) name = words.size() - 1;
        skip_group("(", ")");
        words.emplace_back("()");
      } else if (token == "[") {
        skip_group("[", "]");
      } else if (token == "{") {
        if (!enter(words)) {
          skip_group("{", "}");
          if (name && !has_value) add(words, *name);
          // A ';' follows a variable or a class, but not a function.
        }
        return true;
      } else {
        has_value |= token == "=";
        has_members |= token == ":" && name;
        words.push_back(token);
      }
    }
  }

  // Begins a namespace if the words are one. Returns true if so.
  bool enter(const std::vector<std::string_view>& words) {
    const auto begin = std::ranges::find(words, std::string_view("namespace"));
    if (begin != words.end()) {
      std::string inner;
      for (auto word = begin + 1; word != words.end(); ++word) {
        if (is_word((*word)[0]) && *word != "inline") inner += std::string(*word) + "::";
      }
      const bool is_unnamed = inner.empty();
      scopes_.push_back({.size = scope_.size(), .is_local = is_local_});
      scope_ += inner;
      is_local_ |= is_unnamed;
      return true;
    }
    const bool is_linkage =
        words.size() >= 2 && words[words.size() - 2] == "extern" && words.back() == "\"";
    if (is_linkage) scopes_.push_back({.size = scope_.size(), .is_local = is_local_});
    return is_linkage;
  }
  void leave() {
    if (scopes_.empty()) return;
    scope_.resize(scopes_.back().size);
    is_local_ = scopes_.back().is_local;
    scopes_.pop_back();
  }

  void add(const std::vector<std::string_view>& words, std::size_t at) {
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(at);
    const bool is_other =
        at == 0 || words[at - 1] == "::" || words[at - 1] == "~" ||
        std::any_of(words.begin(), end, [](std::string_view word) {
          return word == "operator" || word == "friend" || is_one_of(word, kNoFunctions);
        });
    const std::string_view name = words[at];
    // std::function<void()> f{…}: the words after the parameters do not belong to a function.
    const bool is_type = at + 2 < words.size() && !is_one_of(words[at + 2], kBehindParameters);
    if (is_type || is_other || name == "main" || name == "operator") return;
    const bool is_static = std::find(words.begin(), end, std::string_view("static")) != end;
    std::string full = scope_ + std::string(name);
    const auto same = std::ranges::find(found_, full, &DefinedFunction::name);
    if (same != found_.end()) {
      same->is_overloaded = true;
    } else {
      found_.push_back({.name = std::move(full), .is_local = is_local_ || is_static});
    }
  }

  Tokens tokens_;
  std::vector<DefinedFunction> found_;
  std::string scope_;  // "app::v1::"
  bool is_local_ = false;
  std::vector<Scope> scopes_;
};

}  // namespace

std::vector<DefinedFunction> defined_functions(std::string_view text) { return Scan(text).run(); }

}  // namespace ofn::loader
