#include "otlp/attributes.h"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace ofn::otlp {
namespace {

using namespace std::string_view_literals;

std::string written(std::string_view name, const AttributeValue& value) {
  std::string bytes;
  ProtobufWriter out(bytes);
  write_attribute(out, 9, name, value);
  return bytes;
}

TEST(Attributes, WritesEachType) {
  constexpr std::array<std::string_view, 2> kTexts = {"x", "\xff"};
  struct Case {
    std::string_view name;
    AttributeValue value;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{"a text", "v", "\x4a\x08\x0a\x01k\x12\x03\x0a\x01v"sv},
           Case{"an empty text", "", "\x4a\x07\x0a\x01k\x12\x02\x0a\x00"sv},
           Case{"a number", 300, "\x4a\x08\x0a\x01k\x12\x03\x18\xac\x02"sv},
           Case{"a negative number", -1,
                "\x4a\x10\x0a\x01k\x12\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv},
           Case{"a real number", 1.5,
                "\x4a\x0e\x0a\x01k\x12\x09\x21\x00\x00\x00\x00\x00\x00\xf8\x3f"sv},
           Case{"true", true, "\x4a\x07\x0a\x01k\x12\x02\x10\x01"sv},
           Case{"false", false, "\x4a\x07\x0a\x01k\x12\x02\x10\x00"sv},
           Case{"texts", std::span(kTexts),
                "\x4a\x13\x0a\x01k\x12\x0e\x2a\x0c\x0a\x03\x0a\x01x\x0a\x05\x0a\x03\xef\xbf\xbd"sv},
           Case{"a text that is not UTF-8", "a\xff"sv,
                "\x4a\x0b\x0a\x01k\x12\x06\x0a\x04"
                "a\xef\xbf\xbd"sv},
       }) {
    EXPECT_EQ(written("k", c.value), c.expected) << c.name;
  }
  EXPECT_EQ(written("\xc3", 1), "\x4a\x09\x0a\x03\xef\xbf\xbd\x12\x02\x18\x01"sv)
      << "a name that is not UTF-8";
}

TEST(Attributes, ALongTextHasALongSize) {
  const std::string text(200, 'x');
  EXPECT_EQ(written("k", text),
            std::string("\x4a\xd1\x01\x0a\x01k\x12\xcb\x01\x0a\xc8\x01") + text);
}

TEST(Attributes, ReplacesOnlyBytesThatAreNoCharacter) {
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"plain", "plain"},
           Case{"gr\xc3\xbc\xc3\x9f\xff", "gr\xc3\xbc\xc3\x9f\xef\xbf\xbd"},
           Case{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
           Case{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // a surrogate
           Case{"\xf0\x9f\x98\x80\xc3", "\xf0\x9f\x98\x80\xef\xbf\xbd"},
       }) {
    EXPECT_EQ(as_utf8(c.text), c.expected);
  }
}

}  // namespace
}  // namespace ofn::otlp
