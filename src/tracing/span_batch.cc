#include "tracing/span_batch.h"

#include <algorithm>
#include <utility>

namespace ofn::tracing {

SpanBatch::SpanBatch(Loop& loop, SpanExport& exporting, const otlp::SpanBatches& settings,
                     std::size_t loops)
    : loop_(loop),
      export_(exporting),
      delay_(settings.schedule_delay),
      most_(std::clamp<std::size_t>(settings.max_queue_size / std::max<std::size_t>(loops, 1), 1,
                                    std::max<std::size_t>(settings.max_export_batch_size, 1))),
      timer_(loop, [this] { hand_over(); }) {}

void SpanBatch::begin() {
  // The last one's memory went with it. Without the rest, the last span of a batch would often need a larger block.
  spans_.reserve(last_size_ + last_size_ / 8);
  timer_.arm(loop_.now() + delay_);
}

void SpanBatch::hand_over() {
  if (count_ == 0) return;
  timer_.disarm();
  last_size_ = spans_.size();
  export_.take(std::exchange(spans_, {}), std::exchange(count_, 0));
}

}  // namespace ofn::tracing
