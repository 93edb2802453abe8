#include "document/slices.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"

namespace ofn::document {
namespace {

TEST(Slices, KeepTheSendersOwnText) {
  const std::string text = R"( { "b" : 1.10, "a":[ 1 , {"}":"]"} ], "\u0063":"x\"y", "e":{} } )";
  ASSERT_TRUE(check_json(text));
  auto members = Members::of(text);
  ASSERT_TRUE(members);
  EXPECT_EQ(members->find("b"), "1.10");
  EXPECT_EQ(members->find("a"), R"([ 1 , {"}":"]"} ])");
  EXPECT_EQ(members->find("c"), R"("x\"y")");
  EXPECT_EQ(members->find("d"), std::nullopt);
  members->set("b", "2");
  members->set("new", "null");
  members->rename("c", "e");
  members->remove("a");
  EXPECT_EQ(members->text(), R"({"b":2,"e":"x\"y","new":null})");
  EXPECT_EQ(Members::of("[1]"), std::nullopt);
}

TEST(Slices, WalkAList) {
  Walk walk("\xEF\xBB\xBF[1, \"a,b\",{}]");
  ASSERT_TRUE(walk.is_array());
  std::vector<std::string> items;
  while (walk.next()) items.emplace_back(walk.value());
  EXPECT_THAT(items, ::testing::ElementsAre("1", "\"a,b\"", "{}"));
}

TEST(Slices, RepeatedNamesAreFound) {
  EXPECT_EQ(Members::of(R"({"a":1,"b":2,"\u0061":3})")->repeated(), "a");
  EXPECT_EQ(Members::of(R"({"a":1,"b":2})")->repeated(), std::nullopt);
  EXPECT_EQ(Members::of(R"({"a":1,"a":3})")->find("a"), "3");
}

TEST(Slices, StringsAreUnquoted) {
  struct Case {
    std::string_view raw;
    std::string_view text;
  };
  for (const Case& c : {Case{R"("")", ""}, Case{R"("a")", "a"}, Case{R"("\n\/\\\"")", "\n/\\\""},
                        Case{R"("\u00fc\ud83d\ude00")", "\xc3\xbc\xf0\x9f\x98\x80"}}) {
    EXPECT_EQ(unquote(c.raw), c.text);
    EXPECT_EQ(unquote(quote(c.text)), c.text);
  }
}

TEST(Slices, UnicodeIsRepaired) {
  struct Case {
    std::string_view text;
    std::string_view repaired;
  };
  for (const Case& c : {
           Case{R"("\ud83d\ude00 \\ud83d")", R"("\ud83d\ude00 \\ud83d")"},
           Case{R"("\ud83d x \ude00")", R"("\uFFFD x \uFFFD")"},
           Case{"\"\xff\xc3\xbc\\\xff\"", "\"\xEF\xBF\xBD\xc3\xbc\\\xEF\xBF\xBD\""},
           Case{"\\", "\\"},
       }) {
    EXPECT_EQ(with_unicode_repaired(c.text), c.repaired);
  }
}

}  // namespace
}  // namespace ofn::document
