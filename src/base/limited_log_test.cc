#include "base/limited_log.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

struct LimitedLogTest : ::testing::Test {
  void say(int times, std::string_view message = "refused", std::string_view function = "f") {
    for (int i = 0; i < times; ++i) log.write(Level::kWarning, message, {{"function", function}});
  }
  std::size_t count(std::string_view text) const {
    const std::string all = lines.text();
    std::size_t found = 0;
    for (std::size_t at = 0; (at = all.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  }
  testing::RecordingLog lines;
  testing::ManualClock clock;
  int held = 0;
  LimitedLog log{lines, clock, [this] { ++held; }};
};

TEST_F(LimitedLogTest, WritesUpToTheLimitAndCountsTheRest) {
  say(LimitedLog::kLines);
  EXPECT_EQ(count("refused"), LimitedLog::kLines);
  EXPECT_EQ(held, 0);
  say(5);
  EXPECT_EQ(count("refused"), LimitedLog::kLines);
  EXPECT_EQ(held, 1) << "once in a window";
  log.tell();
  EXPECT_EQ(count("warning: 5 more like this like=refused function=f"), 1U);
  log.tell();
  EXPECT_EQ(count("more like this"), 1U);
}

TEST_F(LimitedLogTest, TheNextWindowBeginsWithWhatWasHeldBack) {
  say(LimitedLog::kLines + 1);
  clock.advance(LimitedLog::kWindow);
  say(1);
  EXPECT_EQ(count("1 more like this like=refused"), 1U);
  EXPECT_EQ(count("warning: refused"), LimitedLog::kLines + 1);
}

TEST_F(LimitedLogTest, KindsAreApart) {
  say(LimitedLog::kLines + 1);
  say(1, "other");
  say(1, "refused", "g");
  EXPECT_EQ(count("other"), 1U);
  EXPECT_EQ(count("function=g"), 1U);
}

TEST_F(LimitedLogTest, ManyKindsTakeNoMoreMemory) {
  for (std::size_t i = 0; i < 3 * LimitedLog::kKinds; ++i) say(1, "kind " + std::to_string(i));
  log.tell();
  EXPECT_GE(count("kind "), LimitedLog::kKinds);
  EXPECT_LE(count("warning: kind "), LimitedLog::kKinds + LimitedLog::kLines);
}

}  // namespace
}  // namespace ofn
