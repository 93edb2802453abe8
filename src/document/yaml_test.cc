#include "document/yaml.h"

#include <string>

#include <gtest/gtest.h>

#include "document/json.h"

namespace ofn::document {
namespace {

std::string read(std::string_view text) {
  const auto documents = parse_yaml(text);
  if (!documents) return documents.error().text();
  std::string all;
  for (const Tree& document : *documents) all += to_json(document.root) + ";";
  return all;
}

TEST(Yaml, IsReadAsTexts) {
  EXPECT_EQ(read("a: 1.10\nb: [true, ~, 'x', \"y\\n\"]\nc:\n  d: |\n    z\n"),
            R"({"a":"1.10","b":["true",null,"x","y\n"],"c":{"d":"z\n"}};)");
  EXPECT_EQ(read("a\n--- \nb\n---\n---\n- c\n"), R"("a";"b";null;["c"];)");
  EXPECT_EQ(read(""), "");
}

TEST(Yaml, TheLastOfSeveralKeysStands) {
  EXPECT_EQ(read("a: 1\nb: 2\na: 3\n"), R"({"b":"2","a":"3"};)");
  EXPECT_EQ(parse_yaml("a: 1\nb: 2\na: 3\n")->front().duplicates, std::vector<std::string>{"a"});
  EXPECT_EQ(read("? [x, y]\n: 1\n? {z: 1}\n: 2\nc: 3\n"), R"({"":"2","c":"3"};)")
      << "keys that are not scalars";
}

TEST(Yaml, AMistakeIsOneLine) {
  // The parser quotes the character that it does not know.
  EXPECT_EQ(parse_yaml("\"a\\\nb\\\1\"").error().text(),
            "not valid YAML: unknown escape character: ? (line=2)");
}

TEST(Yaml, AliasesNameNodes) {
  EXPECT_EQ(read("a: &a {x: [1]}\nb: *a\n*s : &s t\n"),
            "not valid YAML: the referenced anchor is not defined (line=3)");
  EXPECT_EQ(read("s: &s t\n*s : [*s]\nm: &m {x: [1]}\nn: *m\n"),
            R"({"s":"t","t":["t"],"m":{"x":["1"]},"n":{"x":["1"]}};)");
  EXPECT_EQ(read("? &k [x]\n: *k\n"), R"({"":["x"]};)");
  EXPECT_EQ(read("a: &a [*a]\n"),
            "not valid YAML: an alias names a node that contains it (line=1)");
  const auto documents = parse_yaml("a: &a\n  b: 1\nc: *a\n");
  ASSERT_TRUE(documents);
  const Node& root = documents->front().root;
  EXPECT_EQ(root.find("a")->line(), 1);
  EXPECT_EQ(root.find("a")->find("b")->line(), 2);
  EXPECT_EQ(root.find("c")->line(), 3) << "the member's line, not that of the alias's node";
}

TEST(Yaml, NestingIsBoundedThroughAliasesToo) {
  const auto nested = [](int levels) {
    std::string text = "- &a0 x\n";
    for (int i = 1; i < levels; ++i) {
      text += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
    }
    return text;
  };
  EXPECT_TRUE(parse_yaml(nested(64)));
  const auto deep = parse_yaml(nested(65));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().text(), "not valid YAML: more than 64 levels deep (line=65)");
  EXPECT_FALSE(parse_yaml(nested(30'000))) << "destroying the tree must not overflow the stack";
}

}  // namespace
}  // namespace ofn::document
