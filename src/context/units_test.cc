#include "context/units.h"

#include <chrono>

#include <gtest/gtest.h>

#include "document/problem.h"

namespace ofn {
namespace {

TEST(Units, Durations) {
  using std::chrono::milliseconds;
  struct Case {
    std::string_view text;
    std::optional<Duration> expected;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"30", milliseconds(30'000)},
           {"30s", milliseconds(30'000)},
           {"500ms", milliseconds(500)},
           {"500MS", milliseconds(500)},
           {"5m", milliseconds(300'000)},
           {"1h", milliseconds(3'600'000)},
           {"0", milliseconds(0)},
           {"8760h", milliseconds(31'536'000'000)},
           {"8761h", std::nullopt},
           {"18446744073709551616", std::nullopt},
           {"9223372036854775807h", std::nullopt},
           {"", std::nullopt},
           {"s", std::nullopt},
           {"-1s", std::nullopt},
           {"+1s", std::nullopt},
           {" 1s", std::nullopt},
           {"1 s", std::nullopt},
           {"1.5s", std::nullopt},
           {"1d", std::nullopt},
       }) {
    EXPECT_EQ(parse_duration(c.text), c.expected) << c.text;
  }
}

TEST(Units, Sizes) {
  struct Case {
    std::string_view text;
    std::optional<std::uint64_t> expected;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"10485760", 10485760},
           {"0", 0},
           {"10MiB", 10485760},
           {"10mib", 10485760},
           {"10Mi", 10485760},
           {"64KiB", 65536},
           {"1MB", 1'000'000},
           {"1M", 1'000'000},
           {"1kB", 1000},
           {"2GiB", 2147483648},
           {"7B", 7},
           {"4611686018427387904", 1ULL << 62U},
           {"4611686018427387905", std::nullopt},
           {"99999999999GiB", std::nullopt},
           {"", std::nullopt},
           {"MiB", std::nullopt},
           {"1 MiB", std::nullopt},
           {"1.5MiB", std::nullopt},
           {"-1", std::nullopt},
           {"1TiB", std::nullopt},
       }) {
    EXPECT_EQ(parse_size(c.text), c.expected) << c.text;
  }
}

TEST(Units, PortsAndSwitches) {
  EXPECT_EQ(parse_port("1"), 1);
  EXPECT_EQ(parse_port("65535"), 65535);
  for (const auto text : {"", "0", "65536", "-1", "80a", "0x50", " 80"}) {
    EXPECT_EQ(parse_port(text), std::nullopt) << text;
  }
  for (const auto text : {"true", "TRUE", "1", "yes", "On"}) EXPECT_EQ(parse_switch(text), true);
  for (const auto text : {"false", "0", "No", "off"}) EXPECT_EQ(parse_switch(text), false);
  for (const auto text : {"", "2", "common:*", "truely"}) {
    EXPECT_EQ(parse_switch(text), std::nullopt) << text;
  }
}

TEST(Problem, OneLine) {
  EXPECT_EQ((Problem{"PORT", "", "a number", "\"x\""}.text()),
            R"(PORT: expected a number, found "x")");
  EXPECT_EQ((Problem{"FUNC_CONTEXT", "$.port", "a number", "an array"}.text()),
            "FUNC_CONTEXT $.port: expected a number, found an array");
}

TEST(Problem, QuotedIsSafeToPrint) {
  EXPECT_EQ(quoted("a\n\"\\\x7f"), R"("a\x0a\"\\\x7f")");
  EXPECT_EQ(quoted("abcdef", 3), "\"abc\"…");
  EXPECT_EQ(quoted("ab\xc3\xa4z", 3), "\"ab\"…");  // never cuts within a character
  EXPECT_EQ(quoted("\x80\x80\x80", 2), "\"\"…");
}

}  // namespace
}  // namespace ofn
