#include "tracing/span_batch.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tracing/spans_for_test.h"

namespace ofn::tracing {
namespace {

using namespace std::chrono_literals;
using testing::settle;

struct Batching {
  explicit Batching(const otlp::SpanBatches& settings) : spans(loop, settings) {}
  void add(int count = 1) {
    for (int i = 0; i < count; ++i) spans.batch.add({.name = "s"}, {}, [](SpanFields&) {});
  }
  testing::ManualClock clock;
  Loop loop{clock};
  SpansForTest spans;
};

TEST(SpanBatch, IsSentWhenItsFirstSpanHasWaitedForTheDelay) {
  Batching batching({.schedule_delay = 5s});
  batching.add();
  batching.clock.advance(4s);
  batching.add();
  settle(batching.loop);
  EXPECT_EQ(batching.spans.messages.size(), 0U);
  batching.clock.advance(1s);
  settle(batching.loop);
  EXPECT_EQ(batching.spans.messages.size(), 1U);
  EXPECT_EQ(batching.spans.exporting.counts().exported, 2U);
}

TEST(SpanBatch, IsSentWhenItIsFull) {
  Batching batching({.max_queue_size = 100, .max_export_batch_size = 3});
  batching.add(7);
  settle(batching.loop);
  EXPECT_EQ(batching.spans.messages.size(), 2U);
  EXPECT_EQ(batching.spans.exporting.counts().exported, 6U);
}

TEST(SpanBatch, ArmsNoTimerWhileItIsEmpty) {
  Batching batching({});
  batching.clock.advance(1h);
  EXPECT_FALSE(batching.loop.poll());
  batching.add();
  EXPECT_NE(batching.spans.text(), "");
  batching.clock.advance(1h);
  EXPECT_FALSE(batching.loop.poll());
}

TEST(SpanBatch, IsDroppedAndCountedIfTheQueueIsFull) {
  Batching batching({.max_queue_size = 10, .max_export_batch_size = 4});
  batching.spans.destination->held = true;
  batching.add(20);
  settle(batching.loop);
  EXPECT_EQ(batching.spans.messages.size(), 1U);  // the others wait for the answer
  EXPECT_EQ(batching.spans.exporting.counts().dropped, 12U);
}

TEST(SpanBatch, DropsWhatComesAfterTheEnd) {
  Batching batching({});
  bool is_closed = false;
  batching.add();
  batching.spans.exporting.close([&] { is_closed = true; });
  batching.spans.batch.hand_over();
  settle(batching.loop);
  EXPECT_TRUE(is_closed);
  EXPECT_EQ(batching.spans.exporting.counts().dropped, 1U);
}

TEST(Span, KeepsToTheLimits) {
  Batching batching({});
  otlp::SpanLimits limits{.attributes = 2, .attribute_value_length = 3};
  batching.spans.batch.add({.name = "s"}, limits, [](SpanFields& fields) {
    fields.attribute("a", "12345");
    fields.attribute("b", "äöüß");
    fields.attribute("c", "x");
    fields.attribute("d", true);
  });
  EXPECT_EQ(batching.spans.text(),
            "INTERNAL s\n  trace 1, span 2, 0 ms, flags 256\n"
            "  a = \"123\"\n  b = \"äöü\"\n  2 attributes dropped\n");
}

}  // namespace
}  // namespace ofn::tracing
