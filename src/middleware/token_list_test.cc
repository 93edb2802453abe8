#include "middleware/token_list.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/recording_log.h"
#include "testing/temporary_directory.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Environment kSet = [](std::string_view name) -> std::optional<std::string> {
  if (name == "TOKENS") return "fixed";
  return std::nullopt;
};

bool has_no_bang(std::string_view token) { return !token.contains('!'); }

class TokenListTest : public ::testing::Test {
 protected:
  // As Kubernetes replaces a mounted secret: by a rename.
  void write(std::string_view text) {
    const std::string next = path_ + ".next";
    std::ofstream(next) << text;
    std::filesystem::rename(next, path_);
  }
  TokenList list(const char* variable = nullptr) {
    return *TokenList::of({.variable = variable,
                           .file = path_.c_str(),
                           .separators = " \n",
                           .is_valid = has_no_bang,
                           .kind = "bearer token"},
                          kSet);
  }
  // Returns how many lines the log has with that message since the last count.
  std::size_t count(std::string_view message) {
    const std::string text = log_.text();
    std::size_t count = 0;
    for (; (seen_ = text.find(message, seen_)) != std::string::npos; ++seen_) ++count;
    seen_ = text.size();
    return count;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path() / "tokens";
  testing::RecordingLog log_;
  std::size_t seen_ = 0;
  SteadyTime now_{};
};

TEST_F(TokenListTest, AFileThatHasChangedIsReadAgain) {
  write("one two\n");
  const TokenList tokens = list("TOKENS");
  EXPECT_THAT(*tokens.current(now_, log_), ElementsAre("fixed", "one", "two"));
  const auto held = tokens.current(now_, log_);
  write("three\n");
  EXPECT_THAT(*tokens.current(now_ + 999ms, log_), ElementsAre("fixed", "one", "two"));
  EXPECT_THAT(*tokens.current(now_ + 1s, log_), ElementsAre("fixed", "three"));
  EXPECT_THAT(*held, ElementsAre("fixed", "one", "two")) << "somebody still compares with these";
  EXPECT_EQ(count("info: tokens have changed"), 1U);
}

TEST_F(TokenListTest, AFileThatCannotBeUsedLeavesTheLastTokens) {
  const std::vector<std::pair<std::string, std::optional<std::string>>> cases = {
      {"gone", std::nullopt},
      {"empty", ""},
      {"malformed", "good ba!d"},
      {"too large", std::string((1 << 20) + 1, 'a')}};
  for (const auto& [name, text] : cases) {
    SCOPED_TRACE(name);
    write("one");
    const TokenList tokens = list();
    if (text) {
      write(*text);
    } else {
      std::filesystem::remove(path_);
    }
    for (int second = 1; second <= 3; ++second)
      EXPECT_THAT(*tokens.current(now_ + std::chrono::seconds(second), log_), ElementsAre("one"));
    EXPECT_EQ(count("warning: tokens cannot be read again"), 1U);
    write("two");
    EXPECT_THAT(*tokens.current(now_ + 4s, log_), ElementsAre("two"));
    std::filesystem::remove(path_);
    EXPECT_THAT(*tokens.current(now_ + 5s, log_), ElementsAre("two"));
    EXPECT_EQ(count("warning: tokens cannot be read again"), 1U) << "it was usable in between";
  }
}

TEST_F(TokenListTest, WithoutASourceThereIsNone) {
  EXPECT_THAT(*TokenList().current(now_, log_), ElementsAre());
  const auto made = TokenList::of({.file = "/nowhere/tokens",
                                   .separators = " ",
                                   .is_valid = has_no_bang,
                                   .kind = "bearer token"},
                                  kSet);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("/nowhere/tokens cannot be opened"));
}

}  // namespace
}  // namespace ofn
