#include "os/calls_in_flight.h"

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const SpanContext kTrace = SpanContext::parse_or_empty(kTraceparent);

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
  outer.began(hello, {.request = "r1", .execution = "e1", .trace = kTrace});
  inner.began(hello, {.request = "r2"});
  const CallMark::RunsHere here(outer);
  {
    const CallMark::RunsHere within(inner);
    EXPECT_EQ(CallMark::here(), &inner);
    std::thread([] { EXPECT_EQ(CallMark::here(), nullptr); }).join();
  }
  ASSERT_EQ(CallMark::here(), &outer);
  EXPECT_EQ(outer.ids(), (CallIds{.request = "r1", .execution = "e1", .trace = kTrace}));
  EXPECT_EQ(outer.traceparent(), kTraceparent);
  EXPECT_EQ(inner.traceparent(), "");
  SpanContext other = kTrace;
  other.span_id[7] = 1;
  outer.set_trace(other);
  EXPECT_EQ(outer.ids().trace, other);
  EXPECT_EQ(outer.traceparent(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203301-01");
  const std::uint32_t number = outer.number();
  EXPECT_TRUE(calls.is_in_flight(&outer, number));
  outer.ended();
  EXPECT_FALSE(calls.is_in_flight(&outer, number));
  outer.began(hello, {.request = "r3"});
  EXPECT_FALSE(calls.is_in_flight(&outer, number)) << "another call";
  EXPECT_EQ(outer.ids(), (CallIds{.request = "r3"})) << "nothing of the last call is left";
  EXPECT_EQ(outer.traceparent(), "");
  EXPECT_FALSE(calls.is_in_flight(nullptr, 0));
}

}  // namespace
}  // namespace ofn::os
