// Counts the calls and outputs of one loop. It is the loop's Observer and its OutputObserver.
//
//   SeriesLimit limit;
//   LoopMetrics counted(loop, context, limit);          // one per loop
//   environment.observer = &counted;
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "context/function_context.h"
#include "invocation/conventions.h"
#include "invocation/observer.h"
#include "loop/loop.h"
#include "metrics/call_series.h"
#include "metrics/histogram.h"
#include "output/outputs.h"

namespace ofn::metrics {

// The payloads that went to one output. Threads: one records, any reads.
struct OutputSeries {
  std::array<Count, 4> outcomes;  // by Delivered
  Count tries;
  Histogram<TimeBuckets> took;
};

// Lifetime: all arguments outlive it. Threads: its loop's; the functions that read may be called by any.
// Cost: no lock and no allocation, except for the first call of a series.
class LoopMetrics final : public Observer, public OutputObserver {
 public:
  LoopMetrics(Loop& loop, const FunctionContext& context, SeriesLimit& limit);

  void began(const CallStart& start, TraceContext& trace) override;
  void ended(const CallRecord& record) override;
  void output_ended(const OutputResult& result) override;

  const CallSeriesTable& calls() const { return calls_; }
  // Returns how many requests with the method have reached a function. Read it after calls(): then no more calls have ended.
  std::uint64_t begun(HttpMethod method) const {
    return begun_[static_cast<std::size_t>(method)].read();
  }
  // In the order of the context's outputs.
  const std::vector<OutputSeries>& outputs() const { return outputs_; }
  // How long functions ran, by trigger.
  struct Ran {
    std::string_view trigger;  // "http"
    Histogram<TimeBuckets> times;
  };
  static constexpr std::size_t kTriggers = 4;
  const std::array<Ran, kTriggers>& ran() const { return ran_; }

 private:
  CallSeriesTable::Fresh fresh(const CallRecord& record);

  Loop& loop_;
  const FunctionContext& context_;
  std::array<Count, kHttpMethods> begun_;
  std::array<Ran, kTriggers> ran_;
  std::vector<OutputSeries> outputs_;
  CallSeriesTable calls_;
};

}  // namespace ofn::metrics
