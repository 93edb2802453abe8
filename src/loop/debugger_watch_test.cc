#include "loop/debugger_watch.h"

#include <string>

#include <gtest/gtest.h>

namespace ofn {
namespace {

using namespace std::chrono_literals;

class StoppedClock final : public Clock {
 public:
  SteadyTime now() const override { return time; }
  SystemTime system_now() const override { return {}; }
  SteadyTime time{};
};

struct DebuggerWatchTest : testing::Test {
  void pass(Duration time) {
    clock.time += time;
    loop.poll();
  }

  StoppedClock clock;
  Loop loop{clock};
  pid_t tracer = 0;
  int looks = 0;
  std::string told;
  DebuggerWatch watch{loop,
                      [this] {
                        ++looks;
                        return tracer;
                      },
                      [this](DebuggerWatch::Change change) {
                        told +=
                            change == DebuggerWatch::Change::kAttached ? "attached " : "detached ";
                      }};
};

TEST_F(DebuggerWatchTest, LimitsAreOffUntilSomeTimeAfterTheDebuggerHasDetached) {
  pass(1s);
  EXPECT_FALSE(watch.are_off());
  tracer = 42;
  pass(1s);
  EXPECT_TRUE(watch.are_off());
  pass(1h);
  EXPECT_TRUE(watch.are_off());
  tracer = 0;
  pass(DebuggerWatch::kAfterwards - 1ms);
  EXPECT_TRUE(watch.are_off());
  pass(1ms);
  EXPECT_FALSE(watch.are_off());
}

TEST_F(DebuggerWatchTest, EachChangeIsToldOnce) {
  pass(DebuggerWatch::kEvery);
  EXPECT_EQ(told, "");
  tracer = 42;
  pass(DebuggerWatch::kEvery);
  pass(DebuggerWatch::kEvery);
  EXPECT_EQ(told, "attached ");
  tracer = 0;
  pass(DebuggerWatch::kEvery);
  pass(DebuggerWatch::kEvery);
  EXPECT_EQ(told, "attached detached ");
}

// A debugger attaches, and its user stops the program before the loop has looked. When the program continues, the clock has gone on.
TEST_F(DebuggerWatchTest, ALookThatIsOldIsRepeated) {
  pass(1s);
  tracer = 42;
  clock.time += 10min;
  EXPECT_TRUE(watch.are_off());
}

TEST_F(DebuggerWatchTest, AFreshLookIsNotRepeated) {
  pass(1s);
  const int before = looks;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(watch.are_off());
  EXPECT_EQ(looks, before);
}

}  // namespace
}  // namespace ofn
