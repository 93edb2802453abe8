#include "cli/command_table.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cli/command_texts.h"
#include "cli/completion.h"
#include "cli/exit_codes.h"

namespace ofn::cli {
namespace {

TEST(CommandTable, RowsAreCompleteAndUnlikeEachOther) {
  std::set<std::string_view> names;
  for (const CommandRow* row : command_table()) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_EQ(find_command(row->name), row);
    EXPECT_NE(row->read, nullptr) << row->name;
    EXPECT_FALSE(row->summary.empty() || row->summary.ends_with('.')) << row->name;
    std::set<std::string_view> flags{"help"};
    for (const FlagRow& flag : row->flags) {
      EXPECT_TRUE(flags.insert(flag.name).second) << row->name << " --" << flag.name;
      EXPECT_FALSE(flag.help.empty() || flag.help.ends_with('.')) << flag.name;
      EXPECT_TRUE(flag.kind != ValueKind::kNumber || flag.least < flag.most) << flag.name;
      EXPECT_TRUE(flag.kind != ValueKind::kWord || !words_of(flag).empty()) << flag.name;
    }
    for (const FlagSpec& spec : flag_table()) {
      if (row->takes == nullptr || !row->takes(spec)) continue;
      EXPECT_TRUE(flags.insert(spec.name).second) << row->name << " --" << spec.name;
    }
    // Only the last argument may take all words that are left.
    for (const FlagRow& argument : row->arguments)
      EXPECT_TRUE(!argument.is_repeated || &argument == &row->arguments.back()) << argument.name;
  }
}

TEST(CommandTable, ExitCodesNameCommandsOnce) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const ExitCode& code : exit_codes()) {
    for (const std::string& command : words_of(code.commands))
      EXPECT_TRUE(seen.emplace(code.code, command).second) << code.code << " " << command;
  }
}

TEST(CommandTable, AnyOfReadsAsAList) {
  const std::vector<std::string> words{"a", "b", "c"};
  EXPECT_EQ(any_of(words), "a, b or c");
  EXPECT_EQ(any_of(std::span(words).first(1)), "a");
  EXPECT_EQ(words_of("grpc|http"), (std::vector<std::string>{"grpc", "http"}));
  EXPECT_EQ(words_of(""), std::vector<std::string>());
}

TEST(CommandTexts, HelpIsWrappedForATerminalOnly) {
  for (const CommandRow* row : command_table()) {
    if (row->is_hidden) continue;
    const auto lines_of = [&](std::size_t columns) {
      std::vector<std::string> lines(1);
      for (const char c : help_text(*row, columns)) {
        if (c == '\n') {
          lines.emplace_back();
        } else {
          lines.back() += c;
        }
      }
      return lines;
    };
    for (const std::string& line : lines_of(80)) EXPECT_LE(line.size(), 80U) << line;
    for (const FlagRow& flag : row->flags) {
      const auto lines = lines_of(0);
      EXPECT_EQ(std::ranges::count_if(lines,
                                      [&](const std::string& line) {
                                        return line.find("--" + std::string(flag.name)) !=
                                                   std::string::npos &&
                                               line.find(flag.help) != std::string::npos;
                                      }),
                1)
          << flag.name;
    }
  }
}

// No line of the text is a request that roff does not know, and none is too long for a style check.
TEST(CommandTexts, ManualPagesHaveShortLines) {
  for (const CommandRow* row : command_table()) {
    const std::string page = manual_page(*row, {"1.2.3", "2026-11-30"});
    EXPECT_TRUE(page.starts_with(".TH FUNCTIONS\\-FRAMEWORK")) << page.substr(0, 80);
    std::size_t begin = 0;
    while (begin < page.size()) {
      const std::size_t end = page.find('\n', begin);
      EXPECT_LE(end - begin, 110U) << page.substr(begin, end - begin);
      EXPECT_NE(page[begin], '\'');
      begin = end + 1;
    }
  }
}

struct CompletionCase {
  std::vector<std::string> words;  // behind the program's name
  std::string expected;            // the words that are offered, and what else fits
};

// The answer without what the words mean.
std::string offered(const std::vector<std::string>& arguments) {
  const std::string answer = completions(arguments);
  std::string words;
  bool is_meaning = false;
  for (const char c : answer) {
    if (c == '\t') is_meaning = true;
    if (c == '\n') is_meaning = false;
    if (!is_meaning) words += c == '\n' ? ' ' : c;
  }
  words.pop_back();
  return words;
}

TEST(Completion, OffersWhatFits) {
  const CompletionCase cases[] = {
      {{"bu"}, "build :none"},
      {{"xyz"}, ":none"},
      {{"manifest", "ch"}, "check :none"},
      {{"manifest", "check", "a.yaml", ""}, ":files .yaml .yml"},
      {{"completion", ""}, "bash zsh fish :none"},
      {{"completion", "bash", "--"}, "--help :none"},
      {{"--log-f"}, "--log-format :none"},
      {{"--log-format", ""}, "json readable ecs gcp :none"},
      {{"--log-format=e"}, "ecs :none"},
      {{"--debug", "--log-level", "w"}, "warning :none"},
      {{"dev", "--access-log", "o"}, "off on :none"},
      {{"dev", "--components", ""}, ":folders"},
      {{"dev", "--source", "x"}, ":files .cc .cpp .cxx .so"},
      {{"dev", "--env-file", ""}, ":files"},
      {{"build", "-o", ""}, ":files .so"},
      {{"manifest", "check", "--j"}, "--json :none"},
      {{"build", "-o", "a.so", "--out"}, ":none"},          // it is given
      {{"image", "--with", "a", "--wit"}, "--with :none"},  // it may be repeated
      {{"image", ""}, ":files .cc .cpp .cxx .so"},
      {{"image", "a.cc", "--oc"}, "--oci :none"},
      {{"sidecar", "--app-protocol", ""}, "grpc http :none"},
      {{"manifest", "--openfunction="}, "v1beta1 v1beta2 :none"},
      {{"--target", "dev", "--log-le"}, "--log-level :none"},  // dev is a value here
      {{"--no-such-flag", "bui"}, "build :none"},
      {{"--", "--log"}, ":none"},
      {{"__com"}, ":none"},
  };
  for (const auto& [words, expected] : cases) {
    std::vector<std::string> arguments{"zsh"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    EXPECT_EQ(offered(arguments), expected) << testing::PrintToString(words);
    std::string line = "ff";
    for (const std::string& word : words) line += " " + word;
    EXPECT_EQ(offered({"bash", line}), expected) << line;
  }
  EXPECT_EQ(offered({"bash", "ff --source 'a b.cc' --log-for"}), "--log-format :none");
  EXPECT_EQ(offered({"bash", "ff --source a\\ b.cc --log-for"}), "--log-format :none");
  EXPECT_EQ(offered({"bash"}).substr(0, 8), "new dev ");
  EXPECT_EQ(offered({}), ":none");
}

TEST(Completion, TargetsAreReadFromTheSource) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("ofn-completion-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.cc") << "OFN_FUNCTION(app::hello)\nOFN_FUNCTION(bye, 1)\n"
                                    "OFN_FUNCTION(\"no name\")\nOFN_FUNCTION(";
  std::ofstream(folder / "b.txt") << "OFN_FUNCTION(other)\n";
  EXPECT_EQ(offered({"zsh", "--source", folder / "a.cc", "--target", ""}), "app::hello bye :none");
  EXPECT_EQ(offered({"zsh", "dev", "--source=" + folder.native(), "--target=a"}),
            "app::hello :none");
  EXPECT_EQ(offered({"zsh", "--source", folder / "none.cc", "--target", ""}), ":none");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ofn::cli
