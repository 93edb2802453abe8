// The author's <ofn/span.h> in a call, and what is recorded of it.
#include "invocation/call_spans.h"

#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/span.h>

#include "os/calls_in_flight.h"
#include "testing/manual_clock.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A call of a program that a host serves.
class CallSpansTest : public ::testing::Test {
 protected:
  CallSpansTest() {
    internal::host_slot = &host_;
    mark_.began(name_, {.request = "r",
                        .execution = {},
                        .trace = SpanContext::parse_or_empty(
                            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")});
    mark_.set_spans(&spans_);
    here_.emplace(mark_);
  }
  ~CallSpansTest() override { internal::host_slot = nullptr; }
  const RecordedSpans& recorded() {
    here_.reset();
    const RecordedSpans* const all = spans_.end();
    return all == nullptr ? nothing_ : *all;
  }

  const RecordedSpans nothing_;
  const abi::Host host_{.log = {}, .spans = &CallSpans::host()};
  const std::string name_ = "f";
  testing::ManualClock clock_;
  CallSpans spans_{clock_};
  os::CallMark mark_{nullptr};
  std::optional<os::CallMark::RunsHere> here_;
};

TEST_F(CallSpansTest, ASpanHasItsTimesItsParentAndWhatWasSet) {
  const SteadyTime began = clock_.now();
  {
    Span outer("outer");
    EXPECT_TRUE(outer.is_recorded());
    clock_.advance(1ms);
    Span inner("inner", outer);
    outer.set("text", std::string("a")).set("integer", -3).set("real", 0.5).set("flag", true);
    outer.set("large", std::numeric_limits<std::uint64_t>::max()).set("text", "b");
    inner.failed("why");
    clock_.advance(1ms);
    inner.end();
    inner.set("late", 1);
    clock_.advance(1ms);
  }
  const Span after("after");
  set_attribute("order.id", 7);
  set_attribute("order.id", 8);
  const RecordedSpans& all = recorded();
  ASSERT_THAT(all.spans, SizeIs(3));
  EXPECT_EQ(all.spans[0].name, "outer");
  EXPECT_EQ(all.spans[0].parent, RecordedSpan::kCall);
  EXPECT_EQ(all.spans[0].began, began);
  EXPECT_EQ(all.spans[0].ended, began + 3ms);
  EXPECT_FALSE(all.spans[0].has_failed);
  using Values = std::vector<std::variant<std::string, std::int64_t, double, bool>>;
  Values values;
  for (const RecordedAttribute& each : all.spans[0].attributes) values.push_back(each.value);
  EXPECT_EQ(values, (Values{std::string("b"), std::int64_t{-3}, 0.5, true,
                            std::numeric_limits<std::int64_t>::max()}));
  EXPECT_EQ(all.spans[1].parent, 0U);
  EXPECT_EQ(all.spans[1].ended, began + 2ms);
  EXPECT_TRUE(all.spans[1].has_failed);
  EXPECT_EQ(all.spans[1].failure, "why");
  EXPECT_THAT(all.spans[1].attributes, IsEmpty());
  EXPECT_EQ(all.spans[2].parent, RecordedSpan::kCall);
  EXPECT_EQ(all.spans[2].ended, began + 3ms) << "it ends with the call";
  ASSERT_THAT(all.attributes, SizeIs(1));
  EXPECT_EQ(std::get<std::int64_t>(all.attributes[0].value), 8);
}

TEST_F(CallSpansTest, AnExceptionFailsTheSpansThatItLeaves) {
  const Span around("around");
  try {
    const Span span("left");
    throw std::runtime_error("as asked");
  } catch (const std::runtime_error&) {
    const Span handler("handler");
  }
  const RecordedSpans& all = recorded();
  ASSERT_THAT(all.spans, SizeIs(3));
  EXPECT_FALSE(all.spans[0].has_failed);
  EXPECT_TRUE(all.spans[1].has_failed);
  EXPECT_EQ(all.spans[1].failure, "left by an exception");
  EXPECT_FALSE(all.spans[2].has_failed);
}

TEST_F(CallSpansTest, ACallKeepsSoMany) {
  std::vector<Span> many;
  for (int i = 0; i < 1000; ++i) many.emplace_back(Literal("one"));
  EXPECT_TRUE(many[CallSpans::kMost - 1].is_recorded());
  EXPECT_FALSE(many[CallSpans::kMost].is_recorded());
  many.back().set("a", 1).failed();
  many.back().end();
  {
    const Span child("child", many.back());
  }
  const RecordedSpans& all = recorded();
  EXPECT_THAT(all.spans, SizeIs(CallSpans::kMost));
  EXPECT_EQ(all.dropped, 1000 - CallSpans::kMost + 1);
}

TEST_F(CallSpansTest, ACallThatIsNotRecordedKeepsNothing) {
  mark_.set_spans(nullptr);
  Span span("none");
  Span child("child", span);
  child.set("a", 1).failed("why");
  set_attribute("b", 2);
  EXPECT_FALSE(span.is_recorded() || child.is_recorded());
  EXPECT_EQ(trace_id(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(spans_.end(), nullptr);
}

TEST_F(CallSpansTest, OutsideOfACallNothingHappens) {
  here_.reset();
  const Span span("none");
  set_attribute("a", 1);
  EXPECT_FALSE(span.is_recorded());
  EXPECT_EQ(traceparent(), "");
  EXPECT_EQ(trace_id(), "");
  internal::host_slot = nullptr;
  Span without_host("none");
  without_host.set("a", 1);
  set_attribute("a", 1);
  EXPECT_EQ(trace_id(), "");
  EXPECT_EQ(spans_.end(), nullptr);
}

TEST_F(CallSpansTest, ASpanMayOutliveItsCall) {
  Span span("long");
  EXPECT_THAT(recorded().spans, SizeIs(1));
  spans_.clear();
  span.set("late", 1).failed();
  const Span child("child", span);
  EXPECT_FALSE(child.is_recorded());
  Span moved(std::move(span));
  moved.end();
  here_.emplace(mark_);
  {
    const Span next("of the next call");
  }
  EXPECT_THAT(recorded().spans, SizeIs(1));
}

TEST_F(CallSpansTest, ThreadsOfOneCallAddSpans) {
  const Span outer("outer");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&outer] {
      EXPECT_FALSE(Span("without an outer one").is_recorded());
      for (int i = 0; i < 20; ++i) Span("inner", outer).set("i", i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(recorded().spans, SizeIs(81));
}

}  // namespace
}  // namespace ofn
