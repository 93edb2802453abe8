#include "os/fixed_line.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

constexpr std::int64_t kMoment = 1'763'825'880'123'456;  // 2025-11-22T15:38:00.123456Z

TEST(FixedLine, IsALineOfTheLog) {
  std::vector<char> room(1000);
  const LogShape shape{};
  FixedLine line(room, shape);
  line.begin(kMoment, Level::kError, "process crashed");
  line.field("signal", "SIGSEGV");
  line.field("empty", "");
  line.field("error", "a\"b\\\n\x01");
  EXPECT_EQ(
      line.end(),
      R"({"time":"2025-11-22T15:38:00.123456Z","severity":"ERROR","level":"error","message":"process crashed",)"
      R"("signal":"SIGSEGV","error":"a\"b\\\n\u0001"})"
      "\n");
}

TEST(FixedLine, ForPeople) {
  std::vector<char> room(1000);
  const LogShape shape{.format = LogFormat::kReadable};
  FixedLine line(room, shape);
  line.begin(kMoment, Level::kError, "process crashed");
  line.field("signal", "SIGSEGV");
  line.field("reason", "a null pointer was used");
  EXPECT_EQ(
      line.end(),
      "15:38:00.123 error process crashed signal=SIGSEGV reason=\"a null pointer was used\"\n");
}

// With a buffer of any size, the line never exceeds the buffer and is always complete.
TEST(FixedLine, EndsWholeInAnyRoom) {
  for (std::size_t size = 120; size < 900; ++size) {
    std::vector<char> room(size, '#');
    const LogShape shape{};
    FixedLine line(room, shape);
    line.begin(kMoment, Level::kError, "process crashed");
    line.field("signal", "SIGSEGV");
    std::string stack(300, 'x');
    stack.append("gr\xc3\xbc\xc3\x9f").append(100, '\n');
    line.field("stack", stack);
    line.field("last", "value");
    const std::string_view text = line.end();
    ASSERT_LE(text.size(), size);
    EXPECT_TRUE(text.starts_with('{')) << text;
    EXPECT_TRUE(text.ends_with("\"}\n")) << text;
    std::size_t quotes = 0;
    for (const char c : text) quotes += c == '"' ? 1 : 0;
    EXPECT_EQ(quotes % 2, 0U) << text;
  }
}

TEST(FixedText, KnowsThatSomethingIsMissing) {
  std::vector<char> room(5);
  FixedText text(room);
  text.add_number(123);
  EXPECT_FALSE(text.is_cut());
  text.add_hex(255);
  EXPECT_TRUE(text.is_cut());
  EXPECT_EQ(text.text(), "1230x");
}

}  // namespace
}  // namespace ofn::os
