#include "cli/stopping.h"

#include <chrono>
#include <csignal>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_time_limits.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FakeServer final : public Stoppable {
 public:
  Left left() const override { return {.connections = 3, .invocations = 2}; }
  void retire() override { did += "retire "; }
  void drain(Task done) override {
    did += "drain ";
    done_ = std::move(done);
  }
  void stop_calls() override { did += "stop_calls "; }
  void end_loops() override { did += "end_loops "; }
  void finish() { done_(); }

  std::string did;

 private:
  Task done_;
};

class StoppingTest : public ::testing::Test {
 protected:
  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    ofn::testing::settle(loop_);
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  ofn::testing::RecordingLog log_;
  FakeServer server_;
  Stopping stopping_{server_, loop_, {.delay = {}, .timeout = std::chrono::seconds(30)}, log_};
  Stopping slow_{server_,
                 loop_,
                 {.delay = std::chrono::seconds(5), .timeout = std::chrono::seconds(30)},
                 log_};
};

TEST_F(StoppingTest, EndsWhenNothingIsLeft) {
  stopping_.signalled(SIGTERM);
  EXPECT_EQ(server_.did, "retire drain ");
  EXPECT_THAT(log_.text(), HasSubstr("draining signal=SIGTERM connections=3 invocations=2"));
  server_.finish();
  EXPECT_EQ(server_.did, "retire drain end_loops ");
  EXPECT_FALSE(stopping_.abandoned());
  pass(std::chrono::minutes(1));
  stopping_.signalled(SIGTERM);
  EXPECT_EQ(server_.did, "retire drain end_loops ") << "it has ended";
}

TEST_F(StoppingTest, ServesDuringTheDelayAndThenDrains) {
  slow_.signalled(SIGTERM);
  EXPECT_EQ(server_.did, "retire ");
  EXPECT_THAT(log_.text(),
              HasSubstr("stopping soon signal=SIGTERM drain_delay_ms=5000 connections=3"));
  slow_.replaced();
  pass(std::chrono::milliseconds(4'999));
  EXPECT_EQ(server_.did, "retire ");
  EXPECT_THAT(log_.text(), Not(HasSubstr("draining")));
  pass(std::chrono::milliseconds(1));
  EXPECT_EQ(server_.did, "retire drain ");
  EXPECT_THAT(log_.text(), HasSubstr("draining reason=the drain delay has passed"));
  pass(std::chrono::milliseconds(29'999));
  EXPECT_EQ(server_.did, "retire drain ") << "the timeout begins after the delay";
  pass(std::chrono::milliseconds(1));
  EXPECT_EQ(server_.did, "retire drain stop_calls ");
}

TEST_F(StoppingTest, ASecondSignalSkipsTheDelayAndAThirdAbandons) {
  slow_.signalled(SIGTERM);
  slow_.signalled(SIGINT);
  EXPECT_EQ(server_.did, "retire drain ");
  EXPECT_THAT(log_.text(), HasSubstr("draining signal=SIGINT"));
  pass(std::chrono::seconds(5));
  EXPECT_EQ(server_.did, "retire drain ") << "it drains once";
  EXPECT_FALSE(slow_.abandoned());
  slow_.signalled(SIGTERM);
  EXPECT_TRUE(slow_.abandoned());
}

TEST_F(StoppingTest, AReplacedServerDrainsAtOnceAndStaysReady) {
  slow_.replaced();
  EXPECT_EQ(server_.did, "drain ");
}

TEST_F(StoppingTest, AtTheTimeoutFunctionsAreAskedToStop) {
  stopping_.signalled(SIGINT);
  pass(std::chrono::milliseconds(29'999));
  EXPECT_EQ(server_.did, "retire drain ");
  pass(std::chrono::milliseconds(1));
  EXPECT_EQ(server_.did, "retire drain stop_calls ");
  pass(std::chrono::milliseconds(999));
  server_.finish();
  EXPECT_EQ(server_.did, "retire drain stop_calls end_loops ");
  EXPECT_FALSE(stopping_.abandoned());
  EXPECT_THAT(log_.text(), Not(HasSubstr("abandoned")));
}

TEST_F(StoppingTest, WhileTimeLimitsAreOffTheDrainTakesItsTime) {
  ofn::testing::FakeTimeLimits limits;
  loop_.set_time_limits(&limits);
  stopping_.signalled(SIGTERM);
  pass(std::chrono::hours(1));
  EXPECT_EQ(server_.did, "retire drain ");
  stopping_.signalled(SIGTERM);
  EXPECT_TRUE(stopping_.abandoned()) << "a second signal still ends it";
}

TEST_F(StoppingTest, FunctionsThatDoNotStopAreAbandoned) {
  stopping_.signalled(SIGHUP);
  EXPECT_THAT(log_.text(), HasSubstr("signal=SIGHUP"));
  pass(std::chrono::seconds(30));
  pass(std::chrono::seconds(1));
  EXPECT_EQ(server_.did, "retire drain stop_calls end_loops ");
  EXPECT_TRUE(stopping_.abandoned());
  EXPECT_THAT(log_.text(), HasSubstr("abandoned the work in flight"));
  EXPECT_THAT(log_.text(), HasSubstr("the drain timeout has passed"));
  server_.finish();
  EXPECT_EQ(server_.did, "retire drain stop_calls end_loops ") << "the loops are ended once";
  EXPECT_TRUE(stopping_.abandoned());
}

TEST_F(StoppingTest, ASecondSignalAbandonsAtOnceAndAThirdDoesNothing) {
  stopping_.signalled(SIGTERM);
  stopping_.signalled(SIGTERM);
  stopping_.signalled(SIGTERM);
  EXPECT_EQ(server_.did, "retire drain end_loops ");
  EXPECT_TRUE(stopping_.abandoned());
  EXPECT_THAT(log_.text(), HasSubstr("a second signal came"));
}

}  // namespace
}  // namespace ofn::cli
