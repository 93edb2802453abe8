#include "cli/long_calls.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <poll.h>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "dev/messages.h"

namespace ofn::cli {
namespace {

using namespace std::chrono_literals;
using Why = dev::StillRuns::Why;

class LongCallsTest : public ::testing::Test {
 protected:
  // Watches calls on this thread's behalf; a millisecond of the processor is long.
  void watch() {
    watch_.emplace(calls_, channel_.second,
                   LongCalls::Options{.look_every = 1ms, .long_after = 1ms});
  }
  // Waits for what is told next.
  dev::StillRuns told() const {
    pollfd polled{.fd = channel_.first.fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&polled, 1, 30'000), 1) << "nothing is told";
    const auto received = channel_.first.receive();
    if (!received.message) return {};
    EXPECT_EQ(received.message->kind, dev::MessageKind::kStillRuns);
    return dev::decode_still_runs(received.message->text).value_or(dev::StillRuns());
  }
  bool has_told() const { return channel_.first.receive().message.has_value(); }

  const std::string name_ = "shop::loops";
  os::CallsInFlight calls_;
  std::pair<dev::ControlChannel, dev::ControlChannel> channel_ =
      dev::ControlChannel::pair().value();
  std::optional<LongCalls> watch_;
};

// A call on a thread of its own, until it is destroyed.
class Running {
 public:
  Running(os::CallsInFlight& calls, const std::string& name, const char* id,
          const std::function<void(const std::atomic<bool>&)>& body)
      : mark_(&calls), thread_([this, &name, id, body] {
          mark_.began(name, {.request = id});
          {
            const os::CallMark::RunsHere here(mark_);
            runs_.release();
            body(ends_);
          }
          mark_.ended();
        }) {
    runs_.acquire();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    ends_ = true;
    ends_.notify_all();
    thread_.join();
  }

 private:
  os::CallMark mark_;
  std::atomic<bool> ends_ = false;
  std::binary_semaphore runs_{0};
  std::thread thread_;
};

void spin(const std::atomic<bool>& ends) {
  while (!ends) {
  }
}
void wait(const std::atomic<bool>& ends) { ends.wait(false); }

TEST_F(LongCallsTest, TellsOnceOfACallThatDoesNotReturn) {
  const Running waits(calls_, name_, "waits", wait);
  watch();
  watch_->loaded();
  const Running spins(calls_, name_, "spins", spin);
  const dev::StillRuns first = told();
  EXPECT_EQ(first.id, "spins");
  EXPECT_EQ(first.function, "shop::loops");
  EXPECT_EQ(first.why, Why::kLong);
  EXPECT_GE(first.used, 1ms);
  // Another one is told of later, and the first one not again.
  const Running other(calls_, name_, "other", spin);
  EXPECT_EQ(told().id, "other");
  EXPECT_FALSE(has_told());
}

TEST_F(LongCallsTest, TellsAgainWhenATimeLimitHasAnsweredOrANewerWorkerTakesOver) {
  const Running waits(calls_, name_, "waits", wait);
  const Running spins(calls_, name_, "spins", spin);
  watch();
  watch_->loaded();
  EXPECT_EQ(told().why, Why::kLong);
  watch_->left_behind();
  dev::StillRuns again = told();
  EXPECT_EQ(again.id, "spins");
  EXPECT_EQ(again.why, Why::kReload);
  for (const char* id : {"waits", "spins"}) {
    watch_->answered(id);
    again = told();
    EXPECT_EQ(again.id, id);
    EXPECT_EQ(again.why, Why::kTimeLimit);
  }
  watch_->answered("has returned");
  watch_.reset();
  EXPECT_FALSE(has_told());
}

TEST_F(LongCallsTest, CallsOnOneThreadAreNotAddedUp) {
  watch_.emplace(calls_, channel_.second, LongCalls::Options{.look_every = 1ms, .long_after = 20s});
  watch_->loaded();
  const Running spins(calls_, name_, "spins", spin);
  watch_->left_behind();  // nothing has been told of
  watch_.reset();
  EXPECT_FALSE(has_told());
}

TEST_F(LongCallsTest, TellsOfStartUpCodeThatDoesNotReturn) {
  std::atomic<bool> is_told = false;
  std::thread loads([&] {
    watch();
    spin(is_told);
    watch_->loaded();
  });
  const dev::StillRuns start = told();
  is_told = true;
  loads.join();
  EXPECT_EQ(start.why, Why::kStart);
  EXPECT_EQ(start.id, "");
  watch_.reset();
  EXPECT_FALSE(has_told());
}

}  // namespace
}  // namespace ofn::cli
