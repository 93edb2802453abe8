#include "otlp/blocking_call.h"

#include <future>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace ofn::otlp {
namespace {

class BlockingCallTest : public ::testing::Test {
 protected:
  // The work waits until the test lets it go on.
  auto work(std::string text) {
    return [gate = gate_.get_future(), text = std::move(text)]() -> Answer {
      gate.wait();
      return {.text = text};
    };
  }
  auto keep() {
    return [this](const Answer& answer) { answer_ = answer; };
  }
  void wait_until_over() {
    loop_.run_until([this] { return !call_->is_running(); });
  }

  SystemClock clock_;
  Loop loop_{clock_};
  std::promise<void> gate_;
  std::optional<BlockingCall> call_{std::in_place, loop_};
  std::optional<Answer> answer_;
};

TEST_F(BlockingCallTest, BringsTheAnswerToTheLoop) {
  call_->start(work("done"), keep());
  EXPECT_TRUE(call_->is_running());
  EXPECT_FALSE(answer_);
  gate_.set_value();
  loop_.run_until([this] { return answer_.has_value(); });
  EXPECT_EQ(answer_->text, "done");
  EXPECT_FALSE(call_->is_running());
  call_->start([] { return Answer{.text = "again"}; }, keep());
  loop_.run_until([this] { return answer_->text == "again"; });
}

TEST_F(BlockingCallTest, AForgottenCallTellsNobody) {
  call_->start(work("late"), keep());
  call_->forget();
  EXPECT_TRUE(call_->is_running()) << "a blocked thread cannot be stopped";
  // The end of the work wakes the loop.
  gate_.set_value();
  wait_until_over();
  loop_.poll();
  EXPECT_FALSE(answer_);
}

TEST_F(BlockingCallTest, TheOwnerDoesNotWaitForTheThread) {
  call_->start(work("late"), keep());
  call_.reset();
  gate_.set_value();
  EXPECT_FALSE(answer_);
}

}  // namespace
}  // namespace ofn::otlp
