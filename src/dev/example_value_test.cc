#include "dev/example_value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "document/json.h"

namespace ofn::dev {
namespace {

struct Case {
  std::string_view name;
  std::string_view schema;
  std::string_view example;
};

TEST(ExampleValue, IsOneThatTheSchemaAllows) {
  const std::vector<Case> cases = {
      {"an integer", R"({"type":"integer","minimum":-5,"maximum":5})", "1"},
      {"at least", R"({"type":"integer","minimum":3})", "3"},
      {"at most", R"({"type":"integer","maximum":-2})", "-2"},
      {"the limit keeps its digits", R"({"type":"integer","minimum":9007199254740993})",
       "9007199254740993"},
      {"a number", R"({"type":"number"})", "1.5"},
      {"a bool", R"({"type":"boolean"})", "true"},
      {"a text", R"({"type":"string"})", R"("text")"},
      {"a short text", R"({"type":"string","maxLength":2})", R"("te")"},
      {"a long text", R"({"type":"string","minLength":6})", R"("text x")"},
      {"a word", R"({"type":"string","enum":["red","blue"]})", R"("red")"},
      {"a constant", R"({"const":7})", "7"},
      {"a pattern", R"({"type":"string","pattern":"^[A-Z]{3}-\\d+$"})", R"("AAA-1")"},
      {"a time", R"({"type":"string","format":"date-time"})", R"("2026-01-31T12:00:00Z")"},
      {"bytes", R"({"type":"string","contentEncoding":"base64"})", R"("aGVsbG8=")"},
      {"a list", R"({"type":"array","items":{"type":"integer"},"minItems":2})", "[1,1]"},
      {"a list that may be empty", R"({"type":"array","items":{"type":"integer"}})", "[1]"},
      {"a list that must be empty", R"({"type":"array","items":{"type":"integer"},"maxItems":0})",
       "[]"},
      {"a set", R"({"type":"array","items":{"type":"integer"},"minItems":2,"uniqueItems":true})",
       "[1,2]"},
      {"a tuple", R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}]})",
       R"([1,"text"])"},
      {"a map", R"({"type":"object","additionalProperties":{"type":"boolean"}})",
       R"({"key1":true})"},
      {"an object",
       R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]})",
       R"({"a":1,"b":"text"})"},
      {"an optional", R"({"anyOf":[{"type":"integer"},{"type":"null"}]})", "1"},
      {"a reference", R"({"$ref":"#/$defs/A","$defs":{"A":{"const":1}}})", "1"},
      {"anything", R"({})", "{}"},
  };
  for (const Case& each : cases) {
    const auto schema = document::json_value(each.schema);
    ASSERT_TRUE(schema) << each.name;
    EXPECT_EQ(document::to_json(example_of(*schema)), each.example) << each.name;
  }
}

TEST(ExampleValue, OfARecursiveTypeEnds) {
  const auto optional = document::json_value(
      R"({"$ref":"#/$defs/T","$defs":{"T":{"type":"object","properties":{"next":)"
      R"({"anyOf":[{"$ref":"#/$defs/T"},{"type":"null"}]}}}}})");
  EXPECT_LT(document::to_json(example_of(*optional)).size(), 200U);
  const auto endless = document::json_value(
      R"({"$ref":"#/$defs/T","$defs":{"T":{"type":"object","required":["next"],"properties":)"
      R"({"next":{"$ref":"#/$defs/T"}}}}})");
  EXPECT_LT(document::to_json(example_of(*endless)).size(), 2000U);
}

TEST(ExampleValue, TextMatchesItsPattern) {
  struct Pattern {
    std::string_view pattern;
    std::optional<std::string> text;
  };
  const std::vector<Pattern> cases = {
      {"^abc$", "abc"},
      {"a|b", "a"},
      {"(?:x|y)z", "xz"},
      {"[a-f0-9]{4}", "aaaa"},
      {"\\w+@\\w+\\.de", "a@a.de"},
      {"a{2,5}b?", "aab"},
      {"[^a]", "b"},
      {"colou?r", "colour"},
      {"(ab){2}", "abab"},
      {"(?=x)", std::nullopt},
      {"[[:alpha:]]", std::nullopt},
      {"(a", std::nullopt},
      {"a)", std::nullopt},
      {"\\p{L}", std::nullopt},
      {"[a", std::nullopt},
      {"a{x}", std::nullopt},
  };
  for (const Pattern& each : cases)
    EXPECT_EQ(matching_text(each.pattern), each.text) << each.pattern;
}

}  // namespace
}  // namespace ofn::dev
