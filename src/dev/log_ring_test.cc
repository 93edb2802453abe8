#include "dev/log_ring.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "testing/manual_clock.h"

namespace ofn::dev {
namespace {

using ::testing::ElementsAre;

class LogRingTest : public ::testing::Test {
 protected:
  static std::vector<std::string> texts(const LogRing& ring) {
    std::vector<std::string> texts;
    for (const LogLine& line : ring.lines()) texts.push_back(line.text);
    return texts;
  }
  ofn::testing::ManualClock clock_;
};

TEST_F(LogRingTest, ALineMayComeInPieces) {
  LogRing ring(clock_);
  std::vector<std::string> told;
  ring.on_line([&](const LogLine& line) { told.push_back(line.text); });
  for (const char* const piece : {"on", "e\ntw", "o\r\n", "\nthree"}) ring.add_text(piece);
  EXPECT_THAT(texts(ring), ElementsAre("one", "two", ""));
  EXPECT_EQ(told, texts(ring));
  EXPECT_EQ(ring.lines().back().number, 3U);
}

TEST_F(LogRingTest, TheOldestGoFirst) {
  LogRing ring(clock_, {.lines = 2, .bytes = 1 << 20, .line_bytes = 4});
  ring.add_text("first\nsecond\nthird\n");
  EXPECT_THAT(texts(ring), ElementsAre("seco", "thir"));
  LogRing small(clock_, {.lines = 100, .bytes = 1, .line_bytes = 100});
  small.add_text("a\nb\n");
  EXPECT_THAT(texts(small), ElementsAre("b"));  // the newest is always kept
}

TEST_F(LogRingTest, ALineWithoutAnEndTakesLittle) {
  LogRing ring(clock_, {.lines = 9, .bytes = 1 << 20, .line_bytes = 8});
  for (int i = 0; i < 100; ++i) ring.add_text("abc");
  ring.add_text("\n");
  EXPECT_THAT(texts(ring), ElementsAre("abcabcab"));
}

TEST_F(LogRingTest, PiecesOfTwoStreamsDoNotMix) {
  LogRing ring(clock_);
  ring.add_text("an er", LogRing::Stream::kErrors);
  ring.add_text("an out", LogRing::Stream::kOutput);
  ring.add_text("ror\n", LogRing::Stream::kErrors);
  ring.add_text("put\n", LogRing::Stream::kOutput);
  EXPECT_THAT(texts(ring), ElementsAre("an error", "an output"));
}

TEST_F(LogRingTest, HasWhatTheLoopSays) {
  LogRing ring(clock_);
  ring.on(BuildStarted{.build = 2, .changed = {"a.cc"}});
  ring.on(BuildFailed{.build = 2, .text = "a.cc:1: error\n  int x\n"});
  ring.on(Told{.text = "note"});
  EXPECT_THAT(texts(ring), ElementsAre("build 2 begins · saved a.cc", "build 2 failed",
                                       "a.cc:1: error", "  int x", "note"));
  EXPECT_EQ(ring.lines().front().from, LogLine::From::kLoop);
}

}  // namespace
}  // namespace ofn::dev
