#include "document/places.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace ofn::document {
namespace {

std::string_view shown(std::string_view text, const Placed& placed) {
  return text.substr(placed.begin, placed.end - placed.begin);
}

struct Case {
  std::string_view path;
  std::string_view value;  // as it stands in the text; empty if its end is unknown
  bool is_whole = true;
};

constexpr std::string_view kJson = R"({ "name" : "a\"b", "port":8080,
  "outputs": {"a b": {"topic": "x", "on": true}, "c": null},
  "list": [1, [2, "three"]], "name2": {}, "\u0061": "last" })";

TEST(Places, JsonValuesStandWhereThePathsSay) {
  const auto root = place_json(kJson);
  ASSERT_TRUE(root);
  for (const Case& each :
       {Case{"$.name", R"("a\"b")"}, Case{"$.port", "8080"},
        Case{R"($.outputs["a b"].topic)", R"("x")"}, Case{R"($.outputs["a b"].on)", "true"},
        Case{"$.outputs.c", "null"}, Case{"$.list[0]", "1"}, Case{"$.list[1][1]", R"("three")"},
        Case{"$.list[1]", R"([2, "three"])"}, Case{"$.name2", "{}"},
        Case{"$.name.more", R"("a\"b")", false}, Case{"$.list[7]", R"([1, [2, "three"]])", false},
        Case{"$.a", R"("last")"}}) {
    const Reached reached = at(*root, each.path);
    EXPECT_EQ(shown(kJson, *reached.node), each.value) << each.path;
    EXPECT_EQ(reached.is_whole, each.is_whole) << each.path;
  }
  const Placed* port = root->find("port");
  EXPECT_EQ(kJson.substr(port->key_begin, port->key_end - port->key_begin), "\"port\"");
  EXPECT_EQ(root->find("a")->key_begin, root->find("a")->key_end)
      << "a key with escapes has no end";
}

TEST(Places, MembersThatOccurTwiceAreBothThere) {
  const auto root = place_json(R"({"a": 1, "a": 2})");
  ASSERT_EQ(root->children.size(), 2U);
  EXPECT_EQ(root->find_text("a"), "2");
}

TEST(Places, WhatIsNotJsonHasNone) {
  for (const std::string_view text : {"", "{", R"({"a" 1})", "[1,]", "{} {}", R"({"a": tru})"}) {
    EXPECT_FALSE(place_json(text)) << text;
  }
  EXPECT_FALSE(place_json(std::string(100, '[') + std::string(100, ']')));
  EXPECT_TRUE(place_json("\xEF\xBB\xBF{}"));
}

constexpr std::string_view kYaml = R"(# a comment
name: plain words   # behind it
quoted: "a \" b"
single: '''it''s'
anchored: &here value
tagged: !!str 12
again: *here
block: |
  two
  lines
empty:
list:
  - one
  - {inner: flow, other: "x"}
"a b": last
)";

TEST(Places, YamlValuesStandWhereThePathsSay) {
  const auto documents = place_yaml(kYaml);
  ASSERT_EQ(documents.size(), 1U);
  for (const Case& each :
       {Case{"$.name", "plain words"}, Case{"$.quoted", R"("a \" b")"},
        Case{"$.single", "'''it''s'"}, Case{"$.anchored", "value"}, Case{"$.tagged", "12"},
        Case{"$.again", ""}, Case{"$.block", ""}, Case{"$.empty", ""}, Case{"$.list[0]", "one"},
        Case{"$.list[1].inner", "flow"}, Case{"$.list[1].other", R"("x")"},
        Case{R"($["a b"])", "last"}, Case{"$.list[2]", "", false}}) {
    const Reached reached = at(documents[0], each.path);
    EXPECT_EQ(shown(kYaml, *reached.node), each.value) << each.path;
    EXPECT_EQ(reached.is_whole, each.is_whole) << each.path;
  }
  const Placed* last = documents[0].find("a b");
  EXPECT_EQ(kYaml.substr(last->key_begin, last->key_end - last->key_begin), "\"a b\"");
}

TEST(Places, YamlHasTheDocumentsOfItsText) {
  const auto documents = place_yaml("---\na: 1\n---\n---\r\nb:   zwei\r\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[1].find_text("b"), "zwei");
  EXPECT_EQ(documents[1].find("b")->begin, 23U);
  EXPECT_TRUE(place_yaml("a: [").empty());
  EXPECT_TRUE(place_yaml("").empty());
  EXPECT_EQ(place_yaml("\xEF\xBB\xBFkey: v").at(0).find("key")->begin, 8U);
}

}  // namespace
}  // namespace ofn::document
