#include "loader/flags.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "loader/digest.h"

namespace ofn::loader {
namespace {

// Appends the flags to `to`. Replaces each response file (@file) by its content, and appends the
// files' names to `files`, also those that cannot be read.
void append_expanded(std::span<const std::string> flags, int depth, std::vector<std::string>& to,
                     std::vector<std::string>& files) {
  constexpr int kDeepest = 16;  // limits a response file that names itself
  for (const std::string& flag : flags) {
    const auto text = flag.starts_with('@') ? read_file(flag.substr(1)) : std::nullopt;
    if (flag.starts_with('@')) files.push_back(flag.substr(1));
    const auto inner = text && depth < kDeepest ? std::optional(split_flags(*text))
                                                : std::optional<Result<std::vector<std::string>>>();
    if (inner && *inner) {
      append_expanded(**inner, depth + 1, to, files);
    } else {
      to.push_back(flag);
    }
  }
}

// Flags whose operand may be the next word (GCC manual, "Option Summary", and Clang's similar
// flags).
constexpr std::array<std::string_view, 30> kWithOperand = {"-I",
                                                           "-D",
                                                           "-U",
                                                           "-include",
                                                           "-imacros",
                                                           "-isystem",
                                                           "-iquote",
                                                           "-idirafter",
                                                           "-iprefix",
                                                           "-isysroot",
                                                           "-iwithprefix",
                                                           "-iwithprefixbefore",
                                                           "-imultilib",
                                                           "-L",
                                                           "-l",
                                                           "-Xlinker",
                                                           "-Xpreprocessor",
                                                           "-Xassembler",
                                                           "-Xclang",
                                                           "-mllvm",
                                                           "-T",
                                                           "-u",
                                                           "-z",
                                                           "-e",
                                                           "-B",
                                                           "-A",
                                                           "-framework",
                                                           "-arch",
                                                           "--param",
                                                           "-target"};

constexpr std::array<std::string_view, 8> kLinkersWithOperand = {
    "-L", "-l", "-Xlinker", "-T", "-u", "-z", "-e", "-framework"};

bool is_linkers(std::string_view flag) {
  constexpr std::array<std::string_view, 6> kBeginnings = {"-l",       "-L",        "-Wl,",
                                                           "-static-", "-fuse-ld=", "-Wl"};
  constexpr std::array<std::string_view, 9> kWhole = {
      "-static",        "-shared-libgcc", "-rdynamic",   "-s",  "-nostdlib",
      "-nodefaultlibs", "-nostartfiles",  "-nostdlib++", "-pie"};
  return std::ranges::any_of(kBeginnings, [&](auto b) { return flag.starts_with(b); }) ||
         std::ranges::find(kWhole, flag) != kWhole.end() ||
         std::ranges::find(kLinkersWithOperand, flag) != kLinkersWithOperand.end();
}

// Returns the reason why the loader cannot pass on a flag; empty if it can.
std::string refusal(std::string_view flag) {
  constexpr std::array<std::string_view, 7> kOwn = {"-c", "-S", "-E", "-o", "-x", "-fsyntax-only",
                                                    "-"};
  constexpr std::array<std::string_view, 6> kSources = {".cc", ".cpp", ".cxx", ".c++", ".C", ".c"};
  if (std::ranges::find(kOwn, flag) != kOwn.end() || flag.starts_with("-M")) {
    return "is a flag that the framework sets itself; leave it out";
  }
  if (!flag.starts_with('-') &&
      std::ranges::any_of(kSources, [&](auto end) { return flag.ends_with(end); })) {
    return "is C++ source; give the folder of all sources as --source";
  }
  return {};
}

// Returns true if a flag may have another meaning in another working directory. This includes all
// unknown flags.
bool depends_on_folder(std::string_view flag, std::string_view operand) {
  constexpr std::array<std::string_view, 6> kDirectories = {"-isystem", "-iquote", "-idirafter",
                                                            "-include", "-I",      "-L"};
  for (const std::string_view name : kDirectories) {
    if (!flag.starts_with(name)) continue;
    const std::string_view value = flag == name ? operand : flag.substr(name.size());
    return !value.starts_with('/');
  }
  if (!flag.starts_with('-')) return !flag.starts_with('/');
  if (flag.starts_with("-D") || flag.starts_with("-U")) return false;
  constexpr std::array<std::string_view, 9> kPlain = {"-O", "-g",       "-W",    "-f",       "-m",
                                                      "-l", "-pthread", "-std=", "-pedantic"};
  const bool is_plain =
      std::ranges::any_of(kPlain, [&](auto begin) { return flag.starts_with(begin); });
  // A path may follow '=' or ',': -fplugin=x.so, -Wl,-rpath,x.
  const bool may_have_path =
      flag.find('=') != std::string_view::npos || flag.find(',') != std::string_view::npos;
  return !is_plain || (may_have_path && !flag.starts_with("-std="));
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

Result<SortedFlags> sort_flags(std::span<const std::string> flags) {
  std::vector<std::string> all;
  SortedFlags sorted;
  append_expanded(flags, 0, all, sorted.files);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& flag = all[i];
    if (const std::string problem = refusal(flag); !problem.empty()) {
      return fail(Code::kInvalidArgument, "the compiler flag " + flag + " " + problem);
    }
    const bool has_operand =
        std::ranges::find(kWithOperand, flag) != kWithOperand.end() && i + 1 < all.size();
    const std::string operand = has_operand ? all[i + 1] : "";
    // A word that is not a flag is an input: an object or a library. An unreadable response file
    // goes to both the compiler and the linker, which both report it.
    const bool is_input = !flag.starts_with('-') && !flag.starts_with('@') && !flag.empty();
    auto& list = is_input || is_linkers(flag) ? sorted.link : sorted.compile;
    list.push_back(flag);
    if (has_operand) list.push_back(all[++i]);
    if (depends_on_folder(flag, operand)) sorted.is_independent_of_folder = false;
  }
  return sorted;
}

std::string joined_flags(std::span<const std::string> flags) {
  std::string text;
  for (const std::string& flag : flags) {
    if (!text.empty()) text += ' ';
    const bool is_plain = !flag.empty() && std::ranges::all_of(flag, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view("-_=+,./:@%").find(c) != std::string_view::npos;
    });
    if (is_plain) {
      text += flag;
      continue;
    }
    text += '"';
    for (const char c : flag) {
      if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text;
}

}  // namespace ofn::loader
