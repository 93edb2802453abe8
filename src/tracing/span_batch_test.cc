#include "tracing/span_batch.h"

#include <chrono>
#include <string>
#include <vector>

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

TEST(Span, HasAttributesOfAllKindsAndSizes) {
  Batching batching({});
  std::string expected = "INTERNAL s\n  trace 1, span 2, 0 ms, flags 256\n";
  std::vector<std::string> values;
  for (const std::size_t size : {0, 1, 7, 8, 9, 16, 63, 64, 65, 127, 128, 200, 20000}) {
    values.emplace_back(size, 'x');
    expected += "  a = \"" + values.back() + "\"\n";
    if (size == 0) continue;
    values.push_back(values.back());
    values.back().back() = '\xff';
    expected += "  a = \"" + values.back().substr(0, size - 1) + "\xef\xbf\xbd\"\n";
  }
  expected += "  n = -1\n  n = 300\n  b = false\n  b = true\n";
  batching.spans.batch.add({.name = "s"}, {}, [&](SpanFields& fields) {
    for (const std::string& value : values) fields.attribute("a", value);
    fields.attribute("n", std::int64_t{-1});
    fields.attribute("n", std::int64_t{300});
    fields.attribute("b", false);
    fields.attribute("b", true);
  });
  EXPECT_EQ(batching.spans.text(), expected);
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
