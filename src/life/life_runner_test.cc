#include "life/life_runner.h"

#include <csignal>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "life/life_for_test.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using End = LifeRunner::End;

// A program whose last start does what the test says, on its own thread.
struct Stage {
  explicit Stage(ProgramForTest& made) : life(made.steps()) {}
  ~Stage() { hanging.release(); }
  // On another thread: the clock goes on, on the loop's thread, and its timers fire.
  void pass(Duration time) {
    std::binary_semaphore passed(0);
    loop.post([&] {
      clock.advance(time);
      loop.poll();
      passed.release();
    });
    passed.acquire();
  }

  std::binary_semaphore hanging{0};
  LifeCycle life;
  testing::ManualClock clock;
  testing::RecordingLog log;
  Loop loop{clock};
  LifeRunner runner{life, loop, log};
};

constexpr LifeRunner::Limits kLimits{.start = 60s, .stop = 30s};

TEST(LifeRunner, AProgramWithoutAnyCostsNoThread) {
  ProgramForTest made;
  Stage stage(made);
  EXPECT_EQ(stage.runner.start(kLimits), End::kStarted);
  EXPECT_FALSE(stage.runner.signalled(SIGTERM));
  bool is_done = false;
  stage.runner.stop([&] { is_done = true; });
  EXPECT_TRUE(is_done);
  EXPECT_EQ(stage.log.text(), "");
}

TEST(LifeRunner, StartsAndStops) {
  ProgramForTest made;
  made.start("a", &runs<'a'>).stop("A", &runs<'A'>);
  Stage stage(made);
  EXPECT_EQ(stage.runner.start(kLimits), End::kStarted);
  EXPECT_FALSE(stage.runner.signalled(SIGTERM));
  bool is_done = false;
  stage.runner.stop([&] { is_done = true; });
  stage.loop.run_until([&] { return is_done; });
  EXPECT_EQ(did, "aA");
  EXPECT_THAT(stage.log.text(), StartsWith("info: start functions have ended seconds="));
}

TEST(LifeRunner, AStartThatThrows) {
  ProgramForTest made;
  made.start("connect", &throws);
  Stage stage(made);
  EXPECT_EQ(stage.runner.start(kLimits), End::kFailed);
  EXPECT_EQ(stage.runner.problem(),
            "the start function connect (pool.cc:1) threw std::runtime_error: no database");
}

TEST(LifeRunner, AStartThatHangsIsNamed) {
  ProgramForTest made;
  made.start("wait", &runs_last);
  Stage stage(made);
  in_last_start = [&](const std::stop_token&) {
    stage.pass(61s);
    stage.hanging.acquire();
  };
  EXPECT_EQ(stage.runner.start(kLimits), End::kTooLate);
  EXPECT_THAT(
      stage.runner.problem(),
      StartsWith("the start function wait (pool.cc:1) did not return within 60s, the time of "
                 "all starts together: find out what it waits for, or allow more time "
                 "(--start-timeout)"));
}

TEST(LifeRunner, ASignalEndsTheStarts) {
  ProgramForTest made;
  made.stop("A", &runs<'A'>).start("wait", &runs_last).start("b", &runs<'b'>);
  Stage stage(made);
  in_last_start = [&](const std::stop_token& stop) {
    stage.loop.post([&] { EXPECT_TRUE(stage.runner.signalled(SIGINT)); });
    std::binary_semaphore asked(0);
    const std::stop_callback callback(stop, [&] { asked.release(); });
    asked.acquire();
  };
  EXPECT_EQ(stage.runner.start(kLimits), End::kSignalled);
  EXPECT_EQ(stage.runner.signal(), SIGINT);
  EXPECT_EQ(did, "A");
}

// What happens while a start hangs, or a stop that runs because of the signal.
struct Hang {
  const char* name;
  bool is_in_stop;
  std::vector<Duration> passes;  // after the signal
  bool second_signal;
  const char* problem;
};

class LifeRunnerHang : public ::testing::TestWithParam<Hang> {};

TEST_P(LifeRunnerHang, AfterASignalWhatHangsIsAbandonedAndNamed) {
  const Hang& hang = GetParam();
  ProgramForTest made;
  made.stop("close", hang.is_in_stop ? &runs_last : &runs<'A'>);
  made.start("wait", hang.is_in_stop ? &runs_first : &runs_last);
  Stage stage(made);
  const auto signal = [&] {
    std::binary_semaphore is_told(0);
    stage.loop.post([&] {
      EXPECT_TRUE(stage.runner.signalled(SIGTERM));
      is_told.release();
    });
    is_told.acquire();
  };
  in_first_start = [&](const std::stop_token&) { signal(); };
  in_last_start = [&](const std::stop_token&) {
    if (!hang.is_in_stop) signal();
    for (const Duration time : hang.passes) stage.pass(time);
    if (hang.second_signal) signal();
    stage.hanging.acquire();
  };
  EXPECT_EQ(stage.runner.start(kLimits), End::kAbandoned);
  EXPECT_EQ(stage.runner.signal(), SIGTERM);
  EXPECT_THAT(stage.runner.problem(), StartsWith(hang.problem));
}

INSTANTIATE_TEST_SUITE_P(
    All, LifeRunnerHang,
    ::testing::Values(
        Hang{"AStart",
             false,
             {3s},
             false,
             "the start function wait (pool.cc:2) did not return when the program was "
             "told to end"},
        Hang{"AStartAndASecondSignal",
             false,
             {},
             true,
             "the start function wait (pool.cc:2) did not return before a second "
             "signal came"},
        Hang{"AStop",
             true,
             {3s, 31s},
             false,
             "the stop function close (pool.cc:1) did not return within 30s "
             "(--drain-timeout)"}),
    [](const auto& each) { return each.param.name; });

// The loop hears of the signal before it hears that the last start has ended.
TEST(LifeRunner, ASignalWhenTheLastStartHasEnded) {
  ProgramForTest made;
  made.start("a", &runs_last).stop("A", &runs<'A'>);
  Stage stage(made);
  in_last_start = [&](const std::stop_token&) {
    stage.loop.post([&] {
      while (stage.life.running() != nullptr) std::this_thread::yield();
      // Now begun() waits in the loop's queue, or will.
      EXPECT_TRUE(stage.runner.signalled(SIGTERM));
    });
  };
  EXPECT_EQ(stage.runner.start(kLimits), End::kSignalled);
  EXPECT_EQ(did, "A");
}

TEST(LifeRunner, AStopThatHangsIsNamed) {
  ProgramForTest made;
  made.stop("close", &runs_last);
  Stage stage(made);
  EXPECT_EQ(stage.runner.start(kLimits), End::kStarted);
  std::binary_semaphore begun(0);
  in_last_start = [&](const std::stop_token&) {
    begun.release();
    stage.hanging.acquire();
  };
  stage.runner.stop([] {});
  begun.acquire();
  stage.runner.log_abandoned();
  // ThreadSanitizer delivers a signal to a waiting thread only when the wait is over, so there is no stack then.
  constexpr bool kHasStack = std::string_view(OFN_INTERNAL_SANITIZER) != "thread";
  EXPECT_THAT(stage.log.text(),
              HasSubstr("error: stop function did not return function=close location=pool.cc:1" +
                        std::string(kHasStack ? " stack=" : "")));
}

TEST(LifeRunner, AStopIsToldToHurry) {
  ProgramForTest made;
  made.stop("close", &runs_last);
  Stage stage(made);
  EXPECT_EQ(stage.runner.start(kLimits), End::kStarted);
  bool is_done = false;
  in_last_start = [&](const std::stop_token& stop) {
    stage.loop.post([&] { stage.runner.hurry(); });
    std::binary_semaphore asked(0);
    const std::stop_callback callback(stop, [&] { asked.release(); });
    asked.acquire();
  };
  stage.runner.stop([&] { is_done = true; });
  stage.loop.run_until([&] { return is_done; });
}

TEST(LifeRunner, IfCallsAreAbandonedTheLogSaysThatNoStopRan) {
  ProgramForTest made;
  made.stop("close", &runs<'A'>);
  Stage stage(made);
  EXPECT_EQ(stage.runner.start(kLimits), End::kStarted);
  stage.runner.hurry();
  stage.runner.log_abandoned();
  EXPECT_EQ(did, "");
  EXPECT_THAT(stage.log.text(), HasSubstr("warning: no stop function has run"));
}

TEST(LifeRunner, StopsOfAProgramThatCannotServe) {
  ProgramForTest made;
  made.stop("A", &runs<'A'>).stop("close", &runs_last);
  Stage stage(made);
  EXPECT_EQ(stage.runner.start(kLimits), End::kStarted);
  in_last_start = [&](const std::stop_token&) { did += 'c'; };
  EXPECT_TRUE(stage.runner.stop_within(30s));
  EXPECT_EQ(did, "cA");
}

}  // namespace
}  // namespace ofn
