#include "context/json_tree.h"

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(JsonTree, KeepsOrderAndTheTextOfNumbers) {
  for (const std::string_view text : {
           R"({"b":1.10,"a":[true,false,null,"x\n\u00e4"],"c":{"d":{}}})",
           R"([1,-2,18446744073709551615,123456789012345678901234567890,1e5,-0.0])",
           R"("")",
           R"({"":{"":[[]]}})",
       }) {
    const auto tree = parse_json_tree(text);
    ASSERT_TRUE(tree) << text;
    const auto again = parse_json_tree(to_json_text(tree->root));
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(to_json_text(again->root), to_json_text(tree->root));
  }
  const auto tree = parse_json_tree(R"({"b":1.10,"n":null})");
  EXPECT_EQ(tree->root.find("b")->text, "1.10");
  EXPECT_EQ(tree->root.find("n"), nullptr);
  EXPECT_EQ(tree->root.find("x"), nullptr);
}

TEST(JsonTree, LastOfDuplicatesStands) {
  const auto tree = parse_json_tree(R"({"a":1,"b":2,"a":3,"c":{"d":1,"d":2}})");
  ASSERT_TRUE(tree);
  EXPECT_EQ(to_json_text(tree->root), R"({"b":2,"a":3,"c":{"d":2}})");
  EXPECT_EQ(tree->duplicates, (std::vector<std::string>{"d", "a"}));
}

TEST(JsonTree, FailuresSayWhere) {
  struct Case {
    std::string text;
    std::size_t line;
    std::size_t column;
    std::string_view reason;  // a part of it
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", 1, 1, "unexpected end of input"},
           {"{", 1, 2, "unexpected end of input"},
           {"{\"a\": 1,\n  b: 2}", 2, 3, "syntax error"},
           {"{\"a\": 1}\n\nx", 3, 1, "syntax error"},
           {"[1e999]", 1, 6, "too large"},
           {"\"\xff\"", 1, 2, "UTF-8"},
           {"\"\xc0\x80\"", 1, 2, "UTF-8"},
           {"[\"a\tb\"]", 1, 4, "control character"},
           {R"(["\ud800"])", 1, 9, "surrogate"},
           {"[01]", 1, 3, "syntax error"},
           {"nul", 1, 4, "invalid literal"},
       }) {
    const auto tree = parse_json_tree(c.text);
    ASSERT_FALSE(tree) << c.text;
    EXPECT_EQ(tree.error().line, c.line) << c.text << tree.error().reason;
    EXPECT_EQ(tree.error().column, c.column) << c.text << tree.error().reason;
    EXPECT_NE(tree.error().reason.find(c.reason), std::string::npos) << tree.error().reason;
    EXPECT_EQ(tree.error().reason.find("json.exception"), std::string::npos);
    EXPECT_EQ(tree.error().reason.find("last read"), std::string::npos);
  }
}

TEST(JsonTree, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_json_tree(nested(kMaxJsonDepth)));
  EXPECT_FALSE(parse_json_tree(nested(kMaxJsonDepth + 1)));
  const auto deep = parse_json_tree(std::string(500'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().reason, "nesting deeper than 64 levels");
}

}  // namespace
}  // namespace ofn
