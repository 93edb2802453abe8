#include "metrics/collector.h"

#include "metrics/call_totals.h"

namespace ofn::metrics {

LoopMetrics& Collector::on(Loop& loop) {
  loops_.push_back(std::make_unique<LoopMetrics>(loop, context_, limit_));
  return *loops_.back();
}

Snapshot Collector::collect() const {
  Snapshot snapshot;
  std::vector<const LoopMetrics*> loops;
  loops.reserve(loops_.size());
  for (const auto& loop : loops_) loops.push_back(loop.get());
  if (!loops.empty()) add_calls(loops, context_, limit_, snapshot);
  for (const Source& source : sources_) source(snapshot);
  return snapshot;
}

}  // namespace ofn::metrics
