// Makes a segment of each call of one loop.
//
//   const SegmentRules rules(settings, traces.sampler, context.runtime);   // one for all loops
//   SegmentTracer tracer(loop, rules, calls, batch);                       // one for each
//   environment.observer = &tracer;
//
// A request and a delivery make an entry span; what the call sends makes exit spans (segment_sidecar.h). A span has no body, no query
// and no token.
#pragma once

#include <string>
#include <string_view>

#include "context/function_context.h"
#include "invocation/observer.h"
#include "loop/loop.h"
#include "otlp/settings.h"
#include "skywalking/open_calls.h"
#include "skywalking/settings.h"
#include "tracing/sampler.h"
#include "tracing/span_batch.h"

namespace ofn::skywalking {

// The settings that the tracers of all loops share. Threads: any (const).
struct SegmentRules {
  SegmentRules(Settings given, const otlp::Sampler& sampler, Runtime runtime);

  const Settings settings;
  const tracing::Sampler sampler;  // of calls without a caller that decides
  const std::string runtime;
  const std::string tags;  // encoded
};

// Lifetime: everything outlives it. Threads: the loop's.
// Cost: a few allocations for each call.
class SegmentTracer final : public Observer {
 public:
  SegmentTracer(Loop& loop, const SegmentRules& rules, OpenCalls& calls, tracing::SpanBatch& batch)
      : loop_(loop), rules_(rules), calls_(calls), batch_(batch) {}

  void began(const CallStart& start, TraceContext& trace) override;
  void ended(const CallRecord& record) override;

 private:
  void take_up(const CallStart& start, SpanContext& own, std::string_view traceparent,
               OpenCall& call);
  void write(const CallRecord& record, OpenCall& call);
  std::string random_id();

  Loop& loop_;
  const SegmentRules& rules_;
  OpenCalls& calls_;
  tracing::SpanBatch& batch_;
};

}  // namespace ofn::skywalking
