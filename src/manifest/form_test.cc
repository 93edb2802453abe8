#include "manifest/form.h"

#include <string>

#include <gtest/gtest.h>

#include "document/yaml.h"

namespace ofn::manifest {
namespace {

TEST(Fill, APlaceWithinALineGetsTheText) {
  EXPECT_EQ(fill("a: ${x}-${y}\nb: 1\n", {{"x", "1"}, {"y", "${x}"}}), "a: 1-${x}\nb: 1\n");
}

TEST(Fill, APlaceOnALineOfItsOwnGetsAnIndentedBlock) {
  EXPECT_EQ(fill("a:\n  ${x}\nb: 1\n", {{"x", "c: 1\n\nd:\n  e: 2\n"}}),
            "a:\n  c: 1\n\n  d:\n    e: 2\nb: 1\n");
}

TEST(Fill, AnEmptyBlockRemovesTheLine) {
  EXPECT_EQ(fill("a: 1\n  ${x}\nb: 2\n", {{"x", ""}}), "a: 1\nb: 2\n");
}

TEST(Blocks, AreIndented) {
  EXPECT_EQ(section("a", "b: 1\nc: 2\n"), "a:\n  b: 1\n  c: 2\n");
  EXPECT_EQ(section("a", ""), "");
  EXPECT_EQ(item("b: 1\nc:\n  d: 2\n"), "- b: 1\n  c:\n    d: 2\n");
  EXPECT_EQ(comment("x\ny\n"), "# x\n# y\n");
  EXPECT_EQ(member("a", "on"), "a: \"on\"\n");
  EXPECT_EQ(member("a", ""), "");
}

struct ScalarCase {
  const char* name;
  std::string text;
  std::string written;
};

// What some reader of YAML takes for a number, a boolean, a date, null or a piece of syntax has quotes.
TEST(Scalar, IsTheSameTextForEveryReader) {
  const ScalarCase cases[] = {
      {"a word", "greeter", "greeter"},
      {"an image", "registry.example/a/greeter:1.2-rc+1", "registry.example/a/greeter:1.2-rc+1"},
      {"an image with a digest", "r/g@sha256:0123", "r/g@sha256:0123"},
      {"a path", "/tmp/a", "/tmp/a"},
      {"nothing", "", R"("")"},
      {"a number", "8080", R"("8080")"},
      {"a fraction", "1.10", R"("1.10")"},
      {"hexadecimal", "0x1F", R"("0x1F")"},
      {"an exponent", "1e3", R"("1e3")"},
      {"sexagesimal", "12:30:45", R"("12:30:45")"},
      {"a date", "2026-11-30", R"("2026-11-30")"},
      {"a duration", "30s", R"("30s")"},
      {"true", "True", R"("True")"},
      {"on", "on", R"("on")"},
      {"Norway", "NO", R"("NO")"},
      {"y", "y", R"("y")"},
      {"null", "null", R"("null")"},
      {"null's sign", "~", R"("~")"},
      {"not a number", ".nan", R"(".nan")"},
      {"a comment", "a #b", R"("a #b")"},
      {"a mapping", "a: b", R"("a: b")"},
      {"a key", "a:", R"("a:")"},
      {"a list", "- a", R"("- a")"},
      {"a flow list", "[a]", R"("[a]")"},
      {"an anchor", "&a", R"("&a")"},
      {"an alias", "*a", R"("*a")"},
      {"a tag", "!a", R"("!a")"},
      {"a document's end", "...", R"("...")"},
      {"quotes", R"(say "hi" \ now)", R"("say \"hi\" \\ now")"},
      {"a line feed", "a\nb", R"("a\nb")"},
      {"a control character", "a\x01", "\"a\\u0001\""},
      {"delete", "a\x7F", "\"a\\u007f\""},
      {"a C1 control", "a\xC2\x85", "\"a\\u0085\""},
      {"a line separator", "a\xE2\x80\xA8", "\"a\\u2028\""},
      {"a byte order mark",
       "\xEF\xBB\xBF"
       "a",
       "\"\\ufeffa\""},
      {"another script", "Grüße 世界 😀", "\"Grüße 世界 😀\""},
      {"bytes that are not Unicode", "a\xFF", "\"a\xEF\xBF\xBD\""},
  };
  for (const ScalarCase& each : cases) {
    SCOPED_TRACE(each.name);
    EXPECT_EQ(scalar(each.text), each.written);
    const auto read = document::parse_yaml("a: " + scalar(each.text) + "\n");
    ASSERT_TRUE(read.has_value());
    const auto value = read->front().root.find("a");
    ASSERT_NE(value, nullptr);
    if (!each.text.ends_with('\xFF')) {
      EXPECT_EQ(value->text(), each.text);
    }
  }
}

}  // namespace
}  // namespace ofn::manifest
