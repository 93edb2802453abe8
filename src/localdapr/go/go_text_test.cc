#include "localdapr/go/go_text.h"

#include <gtest/gtest.h>

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using Text = std::optional<std::string>;

// The expected values come from Go itself (strconv, encoding/base64, encoding/json, time).
TEST(GoText, Unquotes) {
  struct Case {
    std::string_view text;
    Text unquoted;
  };
  for (const Case& c : {
           Case{R"("abc!")", "abc!"},
           Case{R"("a\n\t\\\"!")", "a\n\t\\\"!"},
           Case{R"("\a\b\f\r\v")", "\a\b\f\r\v"},
           Case{R"("\x41\101\u00e9\U0001F600")", "AA\xc3\xa9\xf0\x9f\x98\x80"},
           Case{R"("\xff")", "\xff"},
           Case{"\"\xff!\"", "\xef\xbf\xbd!"},
           Case{"\"\xc3\"", "\xef\xbf\xbd"},
           Case{"\"\"", ""},
           Case{"''", ""},
           Case{"'x'", "x"},
           Case{"'\xc3\xa9'", "\xc3\xa9"},
           Case{R"('\'')", "'"},
           Case{R"('"')", "\""},
           Case{"`a\r\\n`", "a\\n"},
           Case{"`\xff`", "\xff"},
           Case{"``", ""},
           // Not Go literals:
           Case{"", {}},
           Case{"\"", {}},
           Case{"abc", {}},
           Case{"'xy'", {}},
           Case{"\"a\nb\"", {}},
           Case{R"("a\")", {}},
           Case{R"("a\'")", {}},
           Case{R"('\"')", {}},
           Case{R"("\q")", {}},
           Case{R"("\x4")", {}},
           Case{R"("\x+1")", {}},
           Case{R"("\400")", {}},
           Case{R"("\18")", {}},
           Case{R"("\ud800")", {}},
           Case{R"("\U00110000")", {}},
           Case{R"("a"b")", {}},
           Case{R"("a" )", {}},
           Case{"`a`b`", {}},
           Case{"`a", {}},
       }) {
    EXPECT_EQ(go_unquote(c.text), c.unquoted) << c.text;
  }
  EXPECT_EQ(go_unquote(std::string_view("\"a\0b\"", 5)), std::string("a\0b", 3));
}

TEST(GoText, DecodesBase64) {
  struct Case {
    std::string_view text;
    Text decoded;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"\r\n", ""},
           Case{"test", "\xb5\xeb\x2d"},
           Case{"dGVzdA==", "test"},
           Case{"dGVzdA==\n", "test"},
           Case{"dG\nVz\r\ndA=\n=", "test"},
           Case{"dGVzdB==", "test"},  // unused bits that are not zero
           Case{"dGVzdHM=", "tests"},
           Case{"dGVzdHN=", "tests"},
           Case{"AAA", {}},
           Case{"A===", {}},
           Case{"====", {}},
           Case{"dGVz dA==", {}},
           Case{"dGVzdA==dGVz", {}},
           Case{"dGVzdA-_", {}},
           Case{"not base64!", {}},
       }) {
    EXPECT_EQ(go_base64(c.text), c.decoded) << c.text;
  }
}

TEST(GoText, WritesJsonStrings) {
  struct Case {
    std::string_view text;
    std::string_view json;
  };
  for (const Case& c : {
           Case{"", "\"\""},
           Case{"a/ö", "\"a/ö\""},
           Case{"<&>", R"("\u003c\u0026\u003e")"},
           Case{"\"\\\b\f\n\r\t\x01\x7f", "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\""},
           Case{"\xff!\xc3", R"("\ufffd!\ufffd")"},
           Case{"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},
       }) {
    std::string json;
    append_go_json(json, c.text);
    EXPECT_EQ(json, c.json);
  }
}

TEST(GoText, ReadsBooleans) {
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
    EXPECT_EQ(go_bool(yes), true);
  for (std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    EXPECT_EQ(go_bool(no), false);
  }
  for (std::string_view none : {"", "yes", "tRUE", " true"}) EXPECT_EQ(go_bool(none), std::nullopt);
  for (std::string_view yes : {"y", "YES", " true\n", "T", "on", "1"}) EXPECT_TRUE(is_truthy(yes));
  for (std::string_view no : {"", "  ", "no", "0", "trueish", "2"}) EXPECT_FALSE(is_truthy(no));
}

TEST(GoText, ReadsDurations) {
  using Duration = std::optional<std::chrono::nanoseconds>;
  struct Case {
    std::string_view text;
    Duration duration;
  };
  for (const Case& c : {
           Case{"10s", 10s},
           Case{"1m30s", 90s},
           Case{"1.5h", 90min},
           Case{"300ms", 300ms},
           Case{"2us", 2us},
           Case{"2µs", 2us},
           Case{"5ns", 5ns},
           Case{"7", 7s},
           Case{"0", 0s},
           Case{"+1s", 1s},
           Case{"", {}},
           Case{"-1s", {}},
           Case{"s", {}},
           Case{"1x", {}},
           Case{"1.5", {}},
           Case{"1..5s", {}},
           Case{"99999999h", {}},
           Case{"999999999999999999999999", {}},
       }) {
    EXPECT_EQ(go_duration(c.text), c.duration) << c.text;
  }
}

TEST(GoText, ReadsSizes) {
  struct Case {
    std::string_view text;
    std::optional<std::int64_t> size;
  };
  for (const Case& c : {
           Case{"100", 100},
           Case{"0", 0},
           Case{"-1", -1},
           Case{"64Ki", 65536},
           Case{"10Mi", 10485760},
           Case{"1Gi", 1073741824},
           Case{"5k", 5000},
           Case{"2M", 2000000},
           Case{"1G", 1000000000},
           Case{"", {}},
           Case{"Mi", {}},
           Case{"1MB", {}},
           Case{"99999999999Gi", {}},
           Case{"99999999999999999999", {}},
       }) {
    EXPECT_EQ(byte_size(c.text), c.size) << c.text;
  }
}

// Results as of Go's url.Parse and URL.RequestURI.
TEST(GoText, RequestTargets) {
  struct Case {
    std::string path;
    std::optional<std::string> target;
  };
  for (const Case& c : {
           Case{"/a", "/a"},
           Case{"a", "/a"},
           Case{"", "/"},
           Case{"/a b", "/a%20b"},
           Case{"/a%20b", "/a%20b"},
           Case{"/a%2Fb", "/a%2Fb"},
           Case{"/a b%2Fc", "/a%20b/c"},
           Case{"/\xc3\xbc", "/%C3%BC"},
           Case{"/(a)!", "/(a)!"},
           Case{"/(a) !", "/%28a%29%20%21"},
           Case{"/a;b,c:d@e&f=g+h$i", "/a;b,c:d@e&f=g+h$i"},
           Case{"/a\"<>^`{|}\\", "/a%22%3C%3E%5E%60%7B%7C%7D%5C"},
           Case{"/a?b=c d%", "/a?b=c%20d%"},
           Case{"/a#b", "/a"},
           Case{"/a?b#c", "/a?b"},
           Case{"/%", std::nullopt},
           Case{"/%2", std::nullopt},
           Case{"/%zz", std::nullopt},
           Case{"/a\nb", std::nullopt},
           Case{std::string("/a\0b", 4), std::nullopt},
       }) {
    EXPECT_EQ(go_request_target(c.path), c.target) << c.path;
  }
}

}  // namespace
}  // namespace ofn::localdapr
