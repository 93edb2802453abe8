// The author's own spans (<ofn/span.h>), as a call's record has them.
//
//   add_attributes(fields, record.spans);
//   add_spans(*record.spans, call, rules.limits, random, batch);
#pragma once

#include <string_view>

#include "base/random.h"
#include "base/span_context.h"
#include "invocation/call_spans.h"
#include "otlp/settings.h"
#include "tracing/call_facts.h"
#include "tracing/span.h"
#include "tracing/span_batch.h"

namespace ofn::tracing {

// The span of the call.
struct SpanOfCall {
  SpanContext own{};
  std::string_view tracestate{};
  CallTimes times{};
};

// Adds the attributes of the call's own span; null: there are none. A name that the framework gives itself gets a '_' behind it.
void add_attributes(SpanFields& fields, const RecordedSpans* recorded);
// Adds the spans as descendants of the call's.
void add_spans(const RecordedSpans& recorded, const SpanOfCall& call,
               const otlp::SpanLimits& limits, Random& random, SpanBatch& batch);

}  // namespace ofn::tracing
