#include "check/code_tokens.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace ofn::check {

namespace {

bool is_word(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Splitter {
 public:
  explicit Splitter(std::string_view source) : source_(source) {}

  std::vector<Token> split() {
    while (skip_to_token()) take_token();
    return std::move(tokens_);
  }

 private:
  bool starts_with(std::string_view text) const { return source_.substr(at_).starts_with(text); }

  // Returns false at the end of the text.
  bool skip_to_token() {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (starts_with("//")) {
        skip_line();
      } else if (starts_with("/*")) {
        const std::size_t close = source_.find("*/", at_ + 2);
        at_ = close == std::string_view::npos ? source_.size() : close + 2;
      } else if (c == '#' && at_line_begin_) {
        skip_directive();
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        at_line_begin_ |= c == '\n';
        ++at_;
      } else if (starts_with("\\\n") || starts_with("\\\r\n")) {
        ++at_;
      } else {
        at_line_begin_ = false;
        return true;
      }
    }
    return false;
  }

  // Skips to the beginning of the next line; a backslash at its end continues the line.
  void skip_line() {
    while (at_ < source_.size()) {
      const std::size_t feed = source_.find('\n', at_);
      if (feed == std::string_view::npos) {
        at_ = source_.size();
        return;
      }
      const std::size_t before = feed > at_ && source_[feed - 1] == '\r' ? feed - 1 : feed;
      const bool goes_on = before > at_ && source_[before - 1] == '\\';
      at_ = feed + 1;
      at_line_begin_ = true;
      if (!goes_on) return;
    }
  }

  // Returns the directive's words without blanks: "if0", "endif".
  std::string take_directive() {
    const std::size_t begin = at_;
    skip_line();
    std::string words;
    for (const char c : source_.substr(begin + 1, std::min<std::size_t>(at_ - begin - 1, 200))) {
      if (c == '/') break;
      if (std::isspace(static_cast<unsigned char>(c)) == 0) words += c;
    }
    return words;
  }
  void skip_directive() {
    if (take_directive() != "if0") return;
    for (int depth = 1; depth > 0 && at_ < source_.size();) {
      const std::size_t first = std::min(source_.find_first_not_of(" \t", at_), source_.size());
      if (first == source_.size() || source_[first] != '#') {
        skip_line();
        continue;
      }
      at_ = first;
      const std::string words = take_directive();
      if (words.starts_with("if")) ++depth;
      if (words.starts_with("endif")) --depth;
      if (depth == 1 && words.starts_with("el")) return;
    }
  }

  void take_token() {
    const char c = source_[at_];
    if (is_digit(c)) return take_number();
    if (is_word(c)) return take_word();
    if (c == '"') return take_string(at_);
    if (c == '\'') return take_character();
    const std::size_t size = starts_with("::") || starts_with("->") ? 2 : 1;
    add(Token::Kind::kSign, at_, size);
  }

  void add(Token::Kind kind, std::size_t begin, std::size_t size) {
    at_ = std::min(begin + size, source_.size());
    tokens_.push_back({.kind = kind,
                       .text = std::string(source_.substr(begin, at_ - begin)),
                       .begin = begin,
                       .end = at_});
  }

  void take_number() {
    std::size_t end = at_;
    while (end < source_.size() &&
           (is_word(source_[end]) || source_[end] == '.' ||
            (source_[end] == '\'' && end + 1 < source_.size() && is_word(source_[end + 1])))) {
      ++end;
    }
    add(Token::Kind::kOther, at_, end - at_);
  }

  void take_word() {
    std::size_t end = at_;
    while (end < source_.size() && is_word(source_[end])) ++end;
    const std::string_view word = source_.substr(at_, end - at_);
    const bool is_prefix = word.size() <= 3 && (word.back() == 'R' || word == "u8" || word == "u" ||
                                                word == "U" || word == "L");
    if (is_prefix && end < source_.size() && source_[end] == '"') {
      const std::size_t begin = at_;
      at_ = end;
      return word.back() == 'R' ? take_raw_string(begin) : take_string(begin);
    }
    add(Token::Kind::kWord, at_, word.size());
  }

  void take_character() {
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != '\'' && source_[end] != '\n') {
      end += source_[end] == '\\' ? 2 : 1;
    }
    add(Token::Kind::kOther, at_, end + 1 - at_);
  }

  // `begin`: of the literal with its prefix. The quote is at at_.
  void take_string(std::size_t begin) {
    std::string content;
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != '"' && source_[end] != '\n') {
      if (source_[end] == '\\' && end + 1 < source_.size()) ++end;
      content += source_[end++];
    }
    at_ = std::min(end + 1, source_.size());
    add_string(begin, std::move(content));
  }

  void take_raw_string(std::size_t begin) {
    const std::size_t open = source_.find('(', at_);
    const std::size_t marks = open == std::string_view::npos ? 0 : open - at_ - 1;
    if (open == std::string_view::npos || marks > 16) return take_string(begin);
    const std::string close = ')' + std::string(source_.substr(at_ + 1, marks)) + '"';
    const std::size_t end = std::min(source_.find(close, open), source_.size());
    std::string content(source_.substr(open + 1, end - std::min(open + 1, end)));
    at_ = std::min(end + close.size(), source_.size());
    add_string(begin, std::move(content));
  }

  void add_string(std::size_t begin, std::string content) {
    if (!tokens_.empty() && tokens_.back().kind == Token::Kind::kString) {
      tokens_.back().text += content;
      tokens_.back().end = at_;
      return;
    }
    tokens_.push_back(
        {.kind = Token::Kind::kString, .text = std::move(content), .begin = begin, .end = at_});
  }

  std::string_view source_;
  std::size_t at_ = 0;
  bool at_line_begin_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> code_tokens(std::string_view source) { return Splitter(source).split(); }

}  // namespace ofn::check
