#include "loop/yield_policy.h"

#include <chrono>

#include <gtest/gtest.h>

#include "loop/loop.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;

class SteppedClock final : public Clock {
 public:
  SteadyTime now() const override { return time; }
  SystemTime system_now() const override { return {}; }
  SteadyTime time{};
};

struct CourtesyTest : testing::Test {
  // Runs one sample's handlers. Together they take `took`, and other threads get `given` of that
  // time.
  void sample(Duration took, Duration given = {}) {
    if (given > Duration::zero()) policy.gave_way(given);
    clock.time += took;
    for (std::uint32_t i = 0; i < YieldPolicy::kSample; ++i) policy.handled(clock);
  }
  // Returns the number of samples of a busy loop until it yields again.
  int rest() {
    int samples = 0;
    while (!policy.due()) {
      sample(4ms);
      ++samples;
    }
    return samples;
  }

  SteppedClock clock;
  YieldPolicy policy{clock.time};
};

TEST_F(CourtesyTest, OnlyABusyLoopGivesWay) {
  EXPECT_FALSE(policy.due());
  sample(YieldPolicy::kBusy - 1ns);
  EXPECT_TRUE(policy.due());
  sample(YieldPolicy::kBusy);
  EXPECT_FALSE(policy.due());
  sample(1ms);
  EXPECT_TRUE(policy.due());
}

TEST_F(CourtesyTest, OthersMayTakeAShare) {
  sample(4ms);
  for (int i = 0; i < 100; ++i) {
    sample(4ms, 3ms);
    EXPECT_TRUE(policy.due()) << i;
  }
}

TEST_F(CourtesyTest, OneSampleWithMuchIsForgiven) {
  for (int i = 0; i < 20; ++i) sample(4ms, 2ms);
  sample(11ms, 10ms);
  EXPECT_TRUE(policy.due());
}

TEST_F(CourtesyTest, WhoTakesFarMoreIsGivenWayRarely) {
  sample(4ms);
  for (int i = 0; i < 10; ++i) {
    int samples = 0;
    for (; policy.due(); ++samples) sample(49ms, 48ms);
    EXPECT_LE(samples, 3);
    EXPECT_EQ(rest(), static_cast<int>(YieldPolicy::kRest) - 1);
  }
  for (int i = 0; i < 100; ++i) sample(4ms, 1ms);  // the other threads now do work for the loop
  EXPECT_TRUE(policy.due());
}

TEST_F(CourtesyTest, OneSampleIsNotSpentOnOthers) {
  sample(4ms);
  policy.gave_way(YieldPolicy::kBusy);
  EXPECT_TRUE(policy.due());
  policy.gave_way(1ns);
  EXPECT_FALSE(policy.due());
}

TEST_F(CourtesyTest, ABusyLoopRunsEveryHandlerAndStops) {
  Loop loop(clock);
  std::uint32_t ran = 0;
  std::function<void()> next = [&] {
    if (++ran == 4 * YieldPolicy::kSample) return loop.stop();
    loop.post([&] { next(); });
  };
  loop.post([&] { next(); });
  EXPECT_TRUE(loop.run());
  EXPECT_EQ(ran, 4 * YieldPolicy::kSample);
}

}  // namespace
}  // namespace ofn
