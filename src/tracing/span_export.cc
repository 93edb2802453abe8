#include "tracing/span_export.h"

#include <utility>

#include "otlp/request.h"

namespace ofn::tracing {

SpanExport::SpanExport(Loop& loop, std::unique_ptr<otlp::Destination> destination,
                       SpanExportOptions options, Log& log)
    : loop_(loop),
      options_(std::move(options)),
      exporter_(loop, std::move(destination), options_.exporter, log) {}

void SpanExport::take(std::string spans, std::size_t count) {
  if (count == 0) return;
  const otlp::ExportCounts sent = exporter_.counts();
  const std::uint64_t over = sent.exported + sent.rejected + sent.failed + sent.dropped;
  // Two loops at once may take a batch too many. One always has room: a segment may have more spans than the queue.
  const std::uint64_t taken = taken_.load(std::memory_order_relaxed);
  if (taken > over && taken + count > over + options_.max_queue_size) {
    dropped_.fetch_add(count, std::memory_order_relaxed);
    return;
  }
  taken_.fetch_add(count, std::memory_order_relaxed);
  loop_.post([this, spans = std::move(spans), count]() mutable {
    if (closing_) {
      dropped_.fetch_add(count, std::memory_order_relaxed);
      return;
    }
    exporter_.send(options_.are_whole
                       ? std::move(spans)
                       : otlp::make_request({.resource = options_.resource,
                                             .scope = "ofn",
                                             .scope_version = options_.scope_version},
                                            spans),
                   count);
  });
}

void SpanExport::flush(Deadline deadline, std::move_only_function<void(bool)> done) {
  loop_.post([this, deadline, done = std::move(done)]() mutable {
    if (closing_) return done(false);
    exporter_.flush(deadline, std::move(done));
  });
}

void SpanExport::close(std::function<void()> closed) {
  closing_ = true;
  exporter_.close(std::move(closed));
}

otlp::ExportCounts SpanExport::counts() const {
  otlp::ExportCounts counts = exporter_.counts();
  counts.dropped += dropped_.load(std::memory_order_relaxed);
  return counts;
}

}  // namespace ofn::tracing
