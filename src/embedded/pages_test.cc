#include "embedded/pages.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "embedded/bundle.h"

namespace ofn::embedded {
namespace {

TEST(Pages, EachHasATopicASummaryAndATitle) {
  std::set<std::string> topics;
  const auto all = pages();
  for (const Page& page : all) {
    EXPECT_TRUE(topics.insert(page.topic).second) << page.topic;
    EXPECT_FALSE(page.summary.empty()) << page.topic;
    EXPECT_TRUE(page.text.starts_with("# ")) << page.topic;
  }
  for (const char* topic : {"functions", "flags", "context", "glossary", "dev"})
    EXPECT_TRUE(topics.contains(topic)) << topic;
  // Each embedded page is listed in docs/README.md, and so can be found.
  EXPECT_EQ(all.size() + 1, files_of(page_bytes()).size());
}

TEST(Pages, LinesAreFound) {
  const std::vector<Page> some = {{"a", "", "one\nTwo three\n"}, {"b", "", "four\n"}};
  const auto found = find_in(some, "t(wo|hree)|^f");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(0).topic, "a");
  EXPECT_EQ(found->at(0).line, 2U);
  EXPECT_EQ(found->at(0).text, "Two three");
  EXPECT_EQ(found->at(1).topic, "b");
  EXPECT_TRUE(find_in(some, "nothing")->empty());
  EXPECT_FALSE(find_in(some, "("));
}

TEST(Pages, ATerminalGetsTextInsteadOfLinks) {
  struct Case {
    std::string_view text;
    bool is_bold;
    std::string_view expected;
  };
  const Case cases[] = {
      {"see [flags](flags.md#a), and [x]\n", false, "see flags, and [x]\n"},
      {"# Title\n", true, "\x1b[1m# Title\x1b[0m\n"},
      {"# Title\n", false, "# Title\n"},
      {"```sh\na[0](b)\n# no title\n```\n", true, "```sh\na[0](b)\n# no title\n```\n"},
      {"[open](never\n", false, "[open](never\n"},
      {"", true, ""},
  };
  for (const auto& [text, is_bold, expected] : cases)
    EXPECT_EQ(for_terminal(text, is_bold), expected);
}

}  // namespace
}  // namespace ofn::embedded
