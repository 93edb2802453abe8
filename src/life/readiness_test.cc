#include "life/readiness.h"

#include <atomic>
#include <semaphore>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "life/life_for_test.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::function<bool(std::string&)> in_check;  // NOLINT: a registration has no data
std::atomic<int> checks = 0;                 // NOLINT: how often it ran

bool asks(std::string& reason) {
  ++checks;
  return in_check(reason);
}
bool is_up(std::string&) { return true; }

struct ReadinessTest : ::testing::Test {
  ReadinessTest() { checks = 0; }

  // Asks, and waits until the checks have told.
  Readiness::State ask() {
    bool is_told = false;
    if (const auto known = readiness.ask(loop, [&] { is_told = true; })) return *known;
    loop.run_until([&] { return is_told; });
    return readiness.latest();
  }

  ProgramForTest made = std::move(ProgramForTest()
                                      .add({.name = "first", .ready = &is_up})
                                      .add({.name = "pool", .ready = &asks}));
  testing::ManualClock clock;
  testing::RecordingLog log;
  Loop loop{clock};
  std::vector<LifeStep> steps = made.steps();
  Readiness readiness{steps, clock, log};
};

TEST_F(ReadinessTest, AProgramWithoutChecks) {
  Readiness none({}, clock, log);
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.close());
}

TEST_F(ReadinessTest, AResultIsFreshForASecond) {
  in_check = [](std::string&) { return true; };
  EXPECT_TRUE(ask().is_ready);
  EXPECT_TRUE(ask().is_ready);
  clock.advance(999ms);
  EXPECT_TRUE(ask().is_ready);
  EXPECT_EQ(checks, 1);
  clock.advance(1ms);
  EXPECT_TRUE(ask().is_ready);
  EXPECT_EQ(checks, 2);
  EXPECT_EQ(log.text(), "");
}

struct Saying {
  const char* name;
  std::function<bool(std::string&)> check;
  std::string reason;
};
const Saying kSayings[] = {
    {"No", [](std::string&) { return false; }, "pool says no"},
    {"AReason",
     [](std::string& reason) {
       reason = "no connection";
       return false;
     },
     "no connection"},
    {"Throws", [](std::string&) -> bool { throw std::runtime_error("gone"); },
     "pool threw std::runtime_error: gone"},
    {"ThrowsANumber", [](std::string&) -> bool { throw 7; }, "pool threw int"},
    {"TooLong",
     [](std::string& reason) {
       reason.assign(5000, 'x');
       return false;
     },
     std::string(1024, 'x')},
};

class ReadinessSays : public ReadinessTest, public ::testing::WithParamInterface<Saying> {};

TEST_P(ReadinessSays, TheReasonAndTheLogHasTheChange) {
  in_check = GetParam().check;
  EXPECT_FALSE(ask().is_ready);
  EXPECT_EQ(readiness.latest().reason, GetParam().reason);
  clock.advance(2s);
  EXPECT_FALSE(ask().is_ready);
  in_check = [](std::string&) { return true; };
  clock.advance(2s);
  EXPECT_TRUE(ask().is_ready);
  EXPECT_EQ(log.text(), "warning: not ready function=pool location=pool.cc:2 reason=" +
                            GetParam().reason + "\ninfo: ready again\n");
}
INSTANTIATE_TEST_SUITE_P(All, ReadinessSays, ::testing::ValuesIn(kSayings),
                         [](const auto& each) { return each.param.name; });

TEST_F(ReadinessTest, ACheckThatHangsRunsOnceAndIsNamed) {
  std::binary_semaphore begun(0);
  std::binary_semaphore go(0);
  in_check = [&](std::string&) {
    begun.release();
    go.acquire();
    return true;
  };
  EXPECT_FALSE(readiness.latest().is_ready);
  int told = 0;
  EXPECT_FALSE(readiness.ask(loop, [&] { ++told; }));
  begun.acquire();
  EXPECT_FALSE(readiness.ask(loop, [&] { ++told; }));
  clock.advance(800ms);
  const auto late = readiness.ask(loop, [&] { ++told; });
  ASSERT_TRUE(late);
  EXPECT_FALSE(late->is_ready);
  EXPECT_EQ(late->reason, "the check pool (pool.cc:2) has not returned");
  EXPECT_FALSE(readiness.close());
  go.release();
  loop.run_until([&] { return told == 1; });
  EXPECT_TRUE(readiness.latest().is_ready);
  EXPECT_TRUE(readiness.close());
  EXPECT_EQ(checks, 1);
}

}  // namespace
}  // namespace ofn
