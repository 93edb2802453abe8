#include "os/calls_in_flight.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

std::string seen(const CallsInFlight& calls) {
  std::string text;
  calls.each([&](const CallsInFlight::Call& call) {
    text += std::string(call.function) + ' ' + std::string(call.request_id) +
            (call.thread == this_thread_id() ? " here\n" : "\n");
  });
  return text;
}

TEST(CallsInFlight, KnowsWhatHasBegunAndWhereItRuns) {
  const std::string hello = "hello";
  CallsInFlight calls;
  CallMark first(&calls);
  auto second = std::make_unique<CallMark>(&calls);
  CallMark third(&calls);
  EXPECT_EQ(seen(calls), "");
  first.began(hello, "r1");
  second->began(hello, "r2");
  third.began(hello, std::string(100, 'x'));
  EXPECT_EQ(seen(calls), "hello " + std::string(64, 'x') + "\nhello r2\nhello r1\n");
  {
    const CallMark::RunsHere here(first);
    EXPECT_EQ(seen(calls), "hello " + std::string(64, 'x') + "\nhello r2\nhello r1 here\n");
  }
  second.reset();
  third.ended();
  EXPECT_EQ(seen(calls), "hello r1\n");
}

TEST(CallsInFlight, AMarkWithoutAListDoesNothing) {
  CallMark mark(nullptr);
  mark.began("hello", "r1");
  const CallMark::RunsHere here(mark);
  mark.ended();
}

}  // namespace
}  // namespace ofn::os
