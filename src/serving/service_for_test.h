// What tests of the services share: a loop with a clock that they move, workers and a gate.
#pragma once

#include <functional>
#include <latch>
#include <memory>
#include <stop_token>
#include <utility>

#include <gtest/gtest.h>

#include "context/function_context.h"
#include "invocation/call_environment.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "serving/gate.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {

class ServiceTest : public ::testing::Test {
 protected:
  explicit ServiceTest(FunctionContext context = {}) : context_(std::move(context)) {}

  void until(const std::function<bool()>& condition) {
    while (!condition()) loop_.poll();
  }

  testing::ManualClock clock_;
  testing::RecordingLog log_;
  Loop loop_{clock_};
  FunctionContext context_;
  Workers workers_{8};
  CallEnvironment environment_{
      .loop = loop_, .context = context_, .outputs = nullptr, .log = log_, .detail = {}};
  std::unique_ptr<Gate> gate_;
};

// As a function that has hung something on its token: until the stop has come, from whichever thread.
inline void wait_for_stop(const std::stop_token& token) {
  std::latch told(1);
  const std::stop_callback tells(token, [&] { told.count_down(); });
  told.wait();
}

}  // namespace ofn
