#include "os/calls_in_flight.h"

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

std::string seen(const CallsInFlight& calls) {
  std::string text;
  calls.each([&](const CallsInFlight::Call& call) {
    text += std::string(call.function) + ' ' + std::string(call.ids.request) +
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
  first.began(hello, {.request = "r1"});
  second->began(hello, {.request = "r2"});
  const std::string long_id(100, 'x');
  third.began(hello, {.request = long_id});
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
  const std::string hello = "hello";
  mark.began(hello, {.request = "r1"});
  const CallMark::RunsHere here(mark);
  mark.ended();
}

TEST(CallsInFlight, AThreadKnowsItsCall) {
  const std::string hello = "hello";
  CallsInFlight calls;
  CallMark outer(&calls);
  CallMark inner(&calls);
  EXPECT_EQ(CallMark::here(), nullptr);
  outer.began(hello, {.request = "r1", .execution = "e1", .traceparent = "t1"});
  inner.began(hello, {.request = "r2"});
  const CallMark::RunsHere here(outer);
  {
    const CallMark::RunsHere within(inner);
    EXPECT_EQ(CallMark::here(), &inner);
    std::thread([] { EXPECT_EQ(CallMark::here(), nullptr); }).join();
  }
  ASSERT_EQ(CallMark::here(), &outer);
  EXPECT_EQ(outer.ids(), (CallIds{.request = "r1", .execution = "e1", .traceparent = "t1"}));
  outer.set_trace("t2");
  EXPECT_EQ(outer.ids().traceparent, "t2");
  const std::uint32_t number = outer.number();
  EXPECT_TRUE(calls.is_in_flight(&outer, number));
  outer.ended();
  EXPECT_FALSE(calls.is_in_flight(&outer, number));
  outer.began(hello, {.request = "r3"});
  EXPECT_FALSE(calls.is_in_flight(&outer, number)) << "another call";
  EXPECT_EQ(outer.ids(), (CallIds{.request = "r3"})) << "nothing of the last call is left";
  EXPECT_FALSE(calls.is_in_flight(nullptr, 0));
}

}  // namespace
}  // namespace ofn::os
