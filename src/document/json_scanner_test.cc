// The scanner beside the JSON library, which is the judge of what is JSON.
#include "document/json_scanner.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"

namespace ofn::document {
namespace {

using Kind = JsonScanner::Kind;
using ::testing::ElementsAre;

constexpr std::size_t kDepth = 64;

// Appends what a scanner finds, as JSON without blanks.
bool scan(JsonScanner& json, std::string& out) {
  switch (const Kind kind = json.next()) {
    case Kind::kMistake:
      return false;
    case Kind::kNull:
      out += "null";
      break;
    case Kind::kFalse:
      out += "false";
      break;
    case Kind::kTrue:
      out += "true";
      break;
    case Kind::kNumber:
      out += json.text();
      break;
    case Kind::kText:
      append_json_string(out, json.text());
      break;
    case Kind::kObject:
    case Kind::kList: {
      out += kind == Kind::kObject ? '{' : '[';
      bool is_first = true;
      while (kind == Kind::kObject ? json.member() : json.item()) {
        if (!is_first) out += ',';
        is_first = false;
        if (kind == Kind::kObject) {
          append_json_string(out, json.key());
          out += ':';
        }
        if (!scan(json, out)) return false;
      }
      if (json.is_mistaken()) return false;
      out += kind == Kind::kObject ? '}' : ']';
      break;
    }
  }
  return true;
}

std::string scanned(std::string_view text) {
  JsonScanner json(text, kDepth);
  std::string out;
  if (!scan(json, out) || !json.finish())
    return "mistake at " + std::to_string(json.mistake_position());
  return out;
}

bool skips(std::string_view text) {
  JsonScanner json(text, kDepth);
  return json.skip() && json.finish();
}

constexpr std::string_view kAll =
    " {\"a\" : [ ] , \"b\\n\\u00e4\\ud83d\\ude00\" :[1,-0.5e+10 ,\t0 ,1E2, \"long enough for "
    "several words \\\\ \\\" "
    "\xC3\xA4\xF0\x9F\x98\x80\",\r\n{ }] ,\"c\":{\"d\":null,\"e\":true,\"f\":false}} ";

TEST(JsonScanner, ReadsEachKindOfValue) {
  EXPECT_EQ(scanned(kAll),
            "{\"a\":[],\"b\\n\xC3\xA4\xF0\x9F\x98\x80\":[1,-0.5e+10,0,1E2,\"long enough for "
            "several words \\\\ \\\" "
            "\xC3\xA4\xF0\x9F\x98\x80\",{}],\"c\":{\"d\":null,\"e\":true,\"f\":false}}");
  EXPECT_EQ(scanned("\xEF\xBB\xBF[]"), "[]");
}

TEST(JsonScanner, SaysWhereTheMistakeIs) {
  struct Case {
    std::string_view text;
    const char* said;
  };
  for (const Case& each : {
           Case{"", "mistake at 1"},
           Case{"{\"a\":1} x", "mistake at 9"},
           Case{"[1,]", "mistake at 4"},
           Case{"{\"a\":1,}", "mistake at 8"},
           Case{"{a:1}", "mistake at 2"},
           Case{"{\"a\" 1}", "mistake at 6"},
           Case{"[1 2]", "mistake at 4"},
           Case{"[1}", "mistake at 3"},
           Case{"01", "mistake at 2"},
           Case{"1.", "mistake at 3"},
           Case{"-", "mistake at 2"},
           Case{"1e", "mistake at 3"},
           Case{"+1", "mistake at 1"},
           Case{"nul", "mistake at 4"},
           Case{"nulL", "mistake at 4"},
           Case{"\"a", "mistake at 3"},
           Case{"\"a\nb\"", "mistake at 3"},
           Case{"\"\\x\"", "mistake at 3"},
           Case{"\"\\ud83d\"", "mistake at 8"},
           Case{"\"\\ude00\"", "mistake at 8"},
           Case{"\"\\u12g4\"", "mistake at 6"},
           Case{"\"\xFF\"", "mistake at 2"},
           Case{std::string_view("[]\0", 3), "mistake at 3"},
           Case{std::string_view("\"\0\"", 3), "mistake at 2"},
       }) {
    SCOPED_TRACE(each.text);
    EXPECT_EQ(scanned(each.text), each.said);
    EXPECT_FALSE(skips(each.text));
    EXPECT_FALSE(check_json(each.text)) << "the library takes it";
  }
}

TEST(JsonScanner, EachCutIsAMistakeAndEachChangedByteIsJudgedAsByTheLibrary) {
  for (std::size_t size = 0; size + 1 < kAll.size(); ++size) {
    EXPECT_THAT(scanned(kAll.substr(0, size)), ::testing::StartsWith("mistake")) << size;
  }
  for (std::size_t at = 0; at < kAll.size(); ++at) {
    for (const char c : std::string_view("\"\\{}[],:0-e.nt \x01\x80\xFF", 18)) {
      std::string text(kAll);
      text[at] = c;
      const bool is_json = check_json(text).has_value();
      EXPECT_EQ(!scanned(text).starts_with("mistake"), is_json) << text;
      EXPECT_EQ(skips(text), is_json) << text;
    }
  }
}

TEST(JsonScanner, ReturnsToTheBeginningOfAnObject) {
  JsonScanner json(R"({"a":[1],"b":{"c":2}} )", kDepth);
  ASSERT_EQ(json.next(), Kind::kObject);
  const auto place = json.place();
  std::vector<std::string> keys;
  for (int round = 0; round < 2; ++round) {
    json.return_to(place);
    while (json.member()) {
      keys.emplace_back(json.key());
      json.skip();
    }
  }
  EXPECT_TRUE(json.finish());
  EXPECT_THAT(keys, ElementsAre("a", "b", "a", "b"));
}

TEST(JsonScanner, LimitsTheDepth) {
  EXPECT_TRUE(skips(std::string(kDepth, '[') + std::string(kDepth, ']')));
  JsonScanner json(std::string_view("[[[]]]"), 2);
  EXPECT_FALSE(json.skip());
  EXPECT_TRUE(json.is_too_deep());
  EXPECT_EQ(json.mistake_position(), 3U);
}

}  // namespace
}  // namespace ofn::document
