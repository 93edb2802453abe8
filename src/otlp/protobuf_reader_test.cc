#include "otlp/protobuf_reader.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace ofn::otlp {
namespace {

using namespace std::string_view_literals;

std::string shown(std::string_view bytes) {
  std::string text;
  ProtobufReader in(bytes);
  while (const auto field = in.next()) {
    text += std::to_string(field->number) + ":";
    if (field->type == protobuf::WireType::kBytes) {
      text += "'" + std::string(field->bytes) + "' ";
    } else {
      text += std::to_string(field->value) + " ";
    }
  }
  EXPECT_FALSE(in.next()) << "the end stays the end";
  return text + (in.failed() ? "failed" : "");
}

TEST(ProtobufReader, ReadsOrFails) {
  struct Case {
    std::string_view name;
    std::string_view bytes;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{"nothing", "", ""},
           Case{"a number", "\x08\x96\x01"sv, "1:150 "},
           Case{"the largest number", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
                "1:18446744073709551615 "},
           Case{"a number longer than needed", "\x08\x81\x80\x00"sv, "1:1 "},
           Case{"fixed64", "\x39\x08\x07\x06\x05\x04\x03\x02\x01"sv, "7:72623859790382856 "},
           Case{"fixed32", "\x85\x01\x01\x01\x00\x00"sv, "16:257 "},
           Case{"bytes",
                "\x12\x03"
                "abc\x1a\x00"sv,
                "2:'abc' 3:'' "},
           Case{"a large field number", "\xf8\xff\xff\xff\x0f\x01"sv, "536870911:1 "},
           Case{"one that is too large", "\x80\x80\x80\x80\x10\x01"sv, "failed"},
           Case{"field number 0", "\x00\x01"sv, "failed"},
           Case{"a cut tag", "\x88"sv, "failed"},
           Case{"a cut number", "\x08\x01\x08\x96"sv, "1:1 failed"},
           Case{"a number that never ends",
                "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv, "failed"},
           Case{"cut bytes",
                "\x12\x04"
                "abc"sv,
                "failed"},
           Case{"bytes without a size", "\x12"sv, "failed"},
           Case{"a size beyond memory",
                "\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
                "a"sv,
                "failed"},
           Case{"cut fixed64", "\x39\x08\x07"sv, "failed"},
           Case{"cut fixed32", "\x85\x01\x01"sv, "failed"},
           Case{"a group", "\x0b\x0c"sv, "failed"},
           Case{"type 7", "\x0f"sv, "failed"},
       }) {
    EXPECT_EQ(shown(c.bytes), c.expected) << c.name;
  }
}

}  // namespace
}  // namespace ofn::otlp
