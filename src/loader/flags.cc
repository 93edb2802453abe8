#include "loader/flags.h"

#include <utility>

#include "loader/digest.h"

namespace ofn::loader {
namespace {

void append_response_files(std::span<const std::string> flags, int depth, std::string& to) {
  constexpr int kDeepest = 16;  // one may name itself
  for (const std::string& flag : flags) {
    if (!flag.starts_with('@') || depth == kDeepest) continue;
    const std::string text = read_file(flag.substr(1)).value_or("");
    to += text;
    to += '\n';
    if (const auto inner = split_flags(text)) append_response_files(*inner, depth + 1, to);
  }
}

}  // namespace

Result<std::vector<std::string>> split_flags(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n')) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
    } else {
      word += c;
    }
  }
  if (quote != '\0') {
    return fail(Code::kInvalidArgument, "the compiler flags have a quote (" +
                                            std::string(1, quote) +
                                            ") that is not closed: " + std::string(text));
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::string response_files(std::span<const std::string> flags) {
  std::string texts;
  append_response_files(flags, 0, texts);
  return texts;
}

}  // namespace ofn::loader
