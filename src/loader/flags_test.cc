#include "loader/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/temporary_directory.h"

namespace ofn::loader {
namespace {

void check(std::string_view text, const std::vector<std::string>& words) {
  SCOPED_TRACE(text);
  const auto split = split_flags(text);
  ASSERT_TRUE(split);
  EXPECT_EQ(*split, words);
}

TEST(Flags, SplitAsAShellDoes) {
  check("", {});
  check("  \t ", {});
  check("-O0  -g", {"-O0", "-g"});
  check("'-DA=\"a b\"' -x", {"-DA=\"a b\"", "-x"});
  check(R"(-DA="a \"b\" $x" '\n')", {R"(-DA=a "b" $x)", R"(\n)"});
  check(R"(a\ b c\\)", {"a b", R"(c\)"});
  check("'' -I\"my dir\"/x", {"", "-Imy dir/x"});
}

TEST(Flags, AnOpenQuoteIsAnError) {
  for (const char* text : {"'a", "-D\"b c", "\"a'"}) {
    const auto split = split_flags(text);
    ASSERT_FALSE(split) << text;
    EXPECT_EQ(split.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(split.error().message(), testing::HasSubstr("not closed"));
  }
}

TEST(Flags, ResponseFilesAreReadToTheLast) {
  const TemporaryDirectory files;
  const std::string inner = files.write("inner file", "-DB");
  const std::string outer = files.write("outer", "-DA '@" + inner + "'");
  const std::string endless = files.write("endless", "@" + (files.path() / "endless").native());
  const auto read = [](const std::vector<std::string>& flags) { return response_files(flags); };
  EXPECT_EQ(read({"-DX", "@" + inner}), "-DB\n");
  EXPECT_EQ(read({"@" + outer}), "-DA '@" + inner + "'\n-DB\n");
  EXPECT_EQ(read({"-DX", "@/no/such", ""}), "\n");
  EXPECT_FALSE(read({"@" + endless}).empty());
}

}  // namespace
}  // namespace ofn::loader
