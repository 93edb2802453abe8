// Adds up what the loops have counted, by the labels of each metric.
//
//   add_calls(loops, context, limit, snapshot);
#pragma once

#include <span>

#include "context/function_context.h"
#include "metrics/call_series.h"
#include "metrics/loop_metrics.h"
#include "metrics/snapshot.h"

namespace ofn::metrics {

// Threads: any. Cost: some microseconds for each series of each loop.
void add_calls(std::span<const LoopMetrics* const> loops, const FunctionContext& context,
               const SeriesLimit& limit, Snapshot& snapshot);

}  // namespace ofn::metrics
