#include "document/node.h"

#include <string>

#include <gtest/gtest.h>

#include "document/json.h"

namespace ofn::document {
namespace {

TEST(Node, FindsMembers) {
  const Node node = Node::object({{"text", "t"}, {"null", Node()}, {"number", Node::number(1.5)}});
  EXPECT_EQ(node.find("text")->text(), "t");
  EXPECT_EQ(node.find("text")->key(), "text");
  EXPECT_TRUE(node.find("null")->is(Node::Kind::kNull));
  EXPECT_EQ(node.find_value("null"), nullptr);
  EXPECT_EQ(node.find("other"), nullptr);
  EXPECT_EQ(node.find_text("text"), "t");
  EXPECT_EQ(node.find_text("number"), "") << "no text";
  EXPECT_EQ(Node("text").find("text"), nullptr);
  EXPECT_TRUE(node.items().empty());
  EXPECT_EQ(node.members().size(), 3U);
}

TEST(Node, CopiesShareUntilOneIsChanged) {
  Node first = Node::object({{"a", "1"}});
  Node second = first;
  EXPECT_EQ(first.children().data(), second.children().data());
  second.set("a", "2");
  second.set("b", Node::list());
  EXPECT_EQ(to_json(first), R"({"a":"1"})");
  EXPECT_EQ(to_json(second), R"({"a":"2","b":[]})");
  Node list = Node::list();
  list.add("x");
  EXPECT_EQ(to_json(list), R"(["x"])");
}

TEST(Node, NumbersAreReadFromTheirTexts) {
  struct Case {
    const char* text;
    double value;
  };
  for (const Case& c : {Case{"1", 1}, Case{"-0.0", -0.0}, Case{"1e308", 1e308},
                        Case{"5e-324", 5e-324}, Case{"1e-400", 0}, Case{"-1e-400", -0.0},
                        Case{"123456789012345678901234567890", 123456789012345678901234567890.0}}) {
    const double value = Node::scalar(Node::Kind::kNumber, c.text).real();
    EXPECT_EQ(value, c.value) << c.text;
    EXPECT_EQ(std::signbit(value), std::signbit(c.value)) << c.text;
  }
  EXPECT_EQ(Node::number(-3.4028235e38).text(), "-3.4028235e+38");
  EXPECT_EQ(Node::number(18446744073709551615U).text(), "18446744073709551615");
}

}  // namespace
}  // namespace ofn::document
