// Decides which traces are recorded.
//
//   const Sampler sampler({.kind = otlp::SamplerKind::kTraceIdRatio, .ratio = 0.1});
//   if (sampler.samples(caller, trace_id)) record();
#pragma once

#include <cstdint>

#include "base/span_context.h"
#include "otlp/settings.h"

namespace ofn::tracing {

// A value. Threads: any. Cost: a few instructions.
class Sampler {
 public:
  explicit Sampler(const otlp::Sampler& settings = {});

  // `caller`: null if this is the trace's first span. If the sampler is based on parents, the caller decides. Otherwise the trace's id
  // does, so that all programs with the same ratio choose the same traces.
  bool samples(const SpanContext* caller, const TraceId& trace_id) const noexcept;

 private:
  bool parent_based_;
  // The least number, of those that the last 7 bytes of the trace's id can be, that is recorded (W3C Trace Context, level 2).
  std::uint64_t least_;
};

}  // namespace ofn::tracing
