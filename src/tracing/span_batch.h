// The spans of one loop that wait to be sent together.
//
//   SpanBatch batch(loop, exporting, settings.batches, loops.size());
//   batch.add(head, settings.limits, [&](SpanFields& fields) { fields.attribute("faas.trigger", "http"); });
//
// They are handed to the SpanExport when the batch is full, or when the first one has waited for the schedule delay. Spans are kept as
// the bytes that are sent, so a span costs its encoding and no copy of its own.
#pragma once

#include <cstddef>
#include <string>

#include "loop/loop.h"
#include "otlp/settings.h"
#include "tracing/span.h"
#include "tracing/span_export.h"

namespace ofn::tracing {

// Lifetime: the loop and the SpanExport outlive it. Threads: the loop's.
// Cost: an empty batch has no timer armed.
class SpanBatch {
 public:
  // `loops`: how many share OTEL_BSP_MAX_QUEUE_SIZE.
  SpanBatch(Loop& loop, SpanExport& exporting, const otlp::SpanBatches& settings,
            std::size_t loops);
  SpanBatch(const SpanBatch&) = delete;
  SpanBatch& operator=(const SpanBatch&) = delete;

  template <class Body>
  void add(const SpanHead& head, const otlp::SpanLimits& limits, Body body) {
    append([&](std::string& bytes) {
      write_span(bytes, head, limits, body);
      return std::size_t{1};
    });
  }
  // `write` writes to the end of a text, and returns how many spans it wrote.
  template <class Write>
  void append(Write write) {
    if (count_ == 0) begin();
    count_ += write(spans_);
    if (count_ >= most_) hand_over();
  }
  // Gives what there is to the SpanExport.
  void hand_over();

 private:
  void begin();

  Loop& loop_;
  SpanExport& export_;
  const Duration delay_;
  const std::size_t most_;
  std::string spans_;
  std::size_t count_ = 0;
  std::size_t last_size_ = 0;
  Timer timer_;
};

}  // namespace ofn::tracing
