#include "dev/visible_text.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

using namespace std::chrono_literals;

TEST(VisibleText, ShowsWhatATerminalWouldObey) {
  struct Case {
    std::string text, shown;
  };
  for (const auto& [text, shown] : {
           Case{"plain", "plain"},
           Case{"‘x’ was not declared, 日本, é", "‘x’ was not declared, 日本, é"},
           Case{"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
           Case{"a\rb\nc\td\x7f", "a\\x0db\\x0ac\\x09d\\x7f"},
           Case{std::string("a\0b", 3), "a\\x00b"},
           Case{"\xc2\x9b\x32J", "\\u{9b}2J"},  // C1: CSI as one character
           Case{"\x9b\x32J", "\\x9b2J"},        // CSI as one byte, of no UTF-8
           Case{"a\u202e\u2066b\u200f", "a\\u{202e}\\u{2066}b\\u{200f}"},
           Case{"a\u2028b", "a\\u{2028}b"},
           Case{"\xe6\x97", "\\xe6\\x97"},           // cut
           Case{"\xed\xa0\x80", "\\xed\\xa0\\x80"},  // a surrogate
           Case{"\xff\xc0\xaf", "\\xff\\xc0\\xaf"},
       }) {
    EXPECT_EQ(visible(text), shown);
  }
  EXPECT_EQ(visible("a\n\tb\r\x1b", Lines::kSeveral), "a\n\tb\\x0d\\x1b");
}

TEST(VisibleText, ShowsAPathInAscii) {
  EXPECT_EQ(visible_path("/a%20b?x=[1]&y=\"~"), "/a%20b?x=[1]&y=\"~");
  EXPECT_EQ(visible_path("/\x1b[2J ö\x7f"), "/%1B[2J%20%C3%B6%7F");
}

TEST(VisibleText, NamesAFileByAUri) {
  EXPECT_EQ(file_uri("box", "/home/a b", "price#1.cc"), "file://box/home/a%20b/price%231.cc");
  EXPECT_EQ(file_uri("box", "/home", "/usr/ü.h"), "file://box/usr/%C3%BC.h");
}

TEST(VisibleText, MeasuresColumns) {
  EXPECT_EQ(columns("plain"), 5U);
  EXPECT_EQ(columns("é·→…"), 4U);
  EXPECT_EQ(columns("e\u0301"), 1U);  // a combining accent
  EXPECT_EQ(columns("日本"), 4U);
  EXPECT_EQ(columns("🙂"), 2U);
}

TEST(VisibleText, CutsAtColumns) {
  EXPECT_EQ(shortened("/a/long/path", 12), "/a/long/path");
  EXPECT_EQ(shortened("/a/long/path", 8), "/a/long…");
  EXPECT_EQ(shortened("/a/long/path", 1), "…");
  EXPECT_EQ(shortened("/a/long/path", 0), "…");
  EXPECT_EQ(shortened("日本語", 6), "日本語");
  EXPECT_EQ(shortened("日本語", 5), "日本…");
  EXPECT_EQ(shortened("日本語", 4), "日…");
}

TEST(VisibleText, WritesDurationsWithThreeDigits) {
  struct Case {
    Duration duration;
    std::string text;
  };
  for (const auto& [duration, text] :
       {Case{0ns, "0 µs"}, Case{4us, "4 µs"}, Case{40us, "40 µs"}, Case{99600ns, "0.1 ms"},
        Case{420us, "0.42 ms"}, Case{400us, "0.4 ms"}, Case{996us, "1 ms"}, Case{1240us, "1.2 ms"},
        Case{6ms, "6 ms"}, Case{9960us, "10 ms"}, Case{31400us, "31 ms"}, Case{99700us, "0.1 s"},
        Case{310ms, "0.31 s"}, Case{5s, "5 s"}, Case{9996ms, "10 s"}, Case{12540ms, "12.5 s"},
        Case{99960ms, "1 min 40 s"}, Case{125s, "2 min 5 s"}, Case{60060s, "1,001 min 0 s"}}) {
    EXPECT_EQ(duration_text(duration), text);
  }
}

TEST(VisibleText, WritesCountsAndTimes) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(4950), "4,950");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(time_of_day(SystemTime(15h + 8min + 999ms)), "15:08:00");
  EXPECT_EQ(time_of_day(SystemTime(49h - 1s)), "00:59:59");
  EXPECT_EQ(timestamp(SystemTime(std::chrono::sys_days{std::chrono::year{2026} / 2 / 9} + 15h +
                                 8min + 61ms + 999us)),
            "2026-02-09T15:08:00.061Z");
}

}  // namespace
}  // namespace ofn::dev
