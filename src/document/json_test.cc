#include "document/json.h"

#include <gtest/gtest.h>

namespace ofn::document {
namespace {

TEST(Json, KeepsOrderAndTheTextOfNumbers) {
  for (const std::string_view text : {
           R"({"b":1.10,"a":[true,false,null,"x\n\u00e4"],"c":{"d":{}}})",
           R"([1,-2,18446744073709551615,123456789012345678901234567890,1e5,-0.0])",
           R"("")",
           R"({"":{"":[[]]}})",
       }) {
    const auto tree = parse_json(text);
    ASSERT_TRUE(tree) << text;
    const auto again = parse_json(to_json(tree->root));
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(to_json(again->root), to_json(tree->root));
  }
  const auto tree = parse_json(R"({"b":1.10,"n":null})");
  EXPECT_EQ(tree->root.find("b")->text(), "1.10");
}

TEST(Json, LastOfDuplicatesStands) {
  const auto tree = parse_json(R"({"a":1,"b":2,"a":3,"c":{"d":1,"d":2}})");
  ASSERT_TRUE(tree);
  EXPECT_EQ(to_json(tree->root), R"({"b":2,"a":3,"c":{"d":2}})");
  EXPECT_EQ(tree->duplicates, (std::vector<std::string>{"d", "a"}));
}

TEST(Json, FailuresSayWhere) {
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
           {std::string("{\"a\":\n1\0}", 9), 2, 2, "syntax error"},
       }) {
    const auto tree = parse_json(c.text);
    ASSERT_FALSE(tree) << c.text;
    EXPECT_EQ(tree.error().line, c.line) << c.text << tree.error().reason;
    EXPECT_EQ(tree.error().column, c.column) << c.text << tree.error().reason;
    EXPECT_NE(tree.error().reason.find(c.reason), std::string::npos) << tree.error().reason;
    EXPECT_EQ(tree.error().reason.find("json.exception"), std::string::npos);
    EXPECT_EQ(tree.error().reason.find("last read"), std::string::npos);
  }
}

TEST(Json, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_json(nested(kMaxDepth)));
  EXPECT_FALSE(parse_json(nested(kMaxDepth + 1)));
  const auto deep = parse_json(std::string(500'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().reason, "nesting deeper than 64 levels");
}

TEST(Json, EachValueHasItsLine) {
  const auto tree = parse_json(
      "\xEF\xBB\xBF{ \"a\": 1\n,\n \"b\": [2,\n3\n, \"x\", true\n, {}], \"c\":\n{\"d\":\nnull}}");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->root.line(), 1);
  EXPECT_EQ(tree->root.find("a")->line(), 1);
  const Node& list = *tree->root.find("b");
  EXPECT_EQ(list.line(), 3);
  std::vector<int> lines;
  for (const Node& item : list.children()) lines.push_back(item.line());
  EXPECT_EQ(lines, (std::vector<int>{3, 4, 5, 5, 6}));
  EXPECT_EQ(tree->root.find("c")->line(), 6);
  EXPECT_EQ(tree->root.find("c")->find("d")->line(), 7);
}

TEST(Json, ManyRepeatedMembersAreReadAtOnce) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"a\":1,";
  const auto tree = parse_json(text + "\"a\":2}");
  ASSERT_TRUE(tree);
  EXPECT_EQ(to_json(tree->root), R"({"a":2})");
  EXPECT_EQ(tree->duplicates.size(), 200'000U);
}

TEST(Json, IsCheckedWithoutATree) {
  struct Case {
    std::string text;
    std::string_view problem;  // empty: it is JSON
  };
  for (const Case& c : std::initializer_list<Case>{
           {R"({"a":[1,-2,1.5e3,"\ud83d\ude00",true,null]})", ""},
           {"\xEF\xBB\xBF 1 ", ""},
           {"", "the body is not JSON: error at byte 1"},
           {"{\"a\":1,}", "the body is not JSON: error at byte 8"},
           {std::string("1\0", 2), "the body is not JSON: error at byte 2"},
           {"[1e999]", "the body holds a number out of range at byte 6"},
           {std::string(257, '['), "the body nests deeper than 256 levels"},
       }) {
    const auto checked = check_json(c.text);
    EXPECT_EQ(checked ? "" : checked.error().message(), c.problem) << c.text;
  }
  EXPECT_TRUE(is_json("[]"));
  EXPECT_FALSE(is_json("\xEF\xBB\xBF[]")) << "may not be embedded";
}

TEST(Json, IsWrittenInTwoLayouts) {
  const Node tree = Node::object({{"a", Node::list({Node::number(1), Node()})},
                                  {"b", Node::object()},
                                  {"c", Node::list()},
                                  {"d\n", Node::scalar(Node::Kind::kBool, "true")}});
  EXPECT_EQ(to_json(tree), R"({"a":[1,null],"b":{},"c":[],"d\n":true})");
  EXPECT_EQ(to_indented_json(tree), R"({
  "a": [
    1,
    null
  ],
  "b": {},
  "c": [],
  "d\n": true
})");
}

TEST(Json, EveryCharacterComesBackFromAString) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  all += "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80";
  std::string text;
  append_json_string(text, all);
  const auto tree = parse_json(text);
  ASSERT_TRUE(tree) << text;
  EXPECT_EQ(tree->root.text(), all);
  text.clear();
  append_json_string(text, "\"\\\b\f\n\r\t\x01\x0b\x1f\x7f/");
  EXPECT_EQ(text, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u000b\\u001f\x7f/\"");
}

}  // namespace
}  // namespace ofn::document
