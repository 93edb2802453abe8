// Everything that can be measured, in one place: the loops' counters, and sources that are read only when somebody asks.
//
//   Collector collector(context);
//   collector.add([&](Snapshot& snapshot) { snapshot.add(Metric::kConnections, {}, 7); });
//   environment.observer = &collector.on(loop);
//   const Snapshot now = collector.collect();
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "context/function_context.h"
#include "loop/loop.h"
#include "metrics/call_series.h"
#include "metrics/loop_metrics.h"
#include "metrics/snapshot.h"

namespace ofn::metrics {

// Adds what it knows. Threads: any, perhaps several at once.
using Source = std::function<void(Snapshot&)>;

// Lifetime: outlives the loops' last run; the context outlives it. Threads: made and filled before the loops run; then any.
class Collector {
 public:
  explicit Collector(const FunctionContext& context) : context_(context) {}
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Returns the counters of one more loop.
  LoopMetrics& on(Loop& loop);
  void add(Source source) { sources_.push_back(std::move(source)); }

  // Cost: some microseconds for each series of each loop, and what the sources take.
  Snapshot collect() const;

 private:
  const FunctionContext& context_;
  SeriesLimit limit_;
  std::vector<std::unique_ptr<LoopMetrics>> loops_;
  std::vector<Source> sources_;
};

}  // namespace ofn::metrics
