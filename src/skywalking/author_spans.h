// The author's own spans (<ofn/span.h>), as a call's record has them, in the call's segment.
//
//   add_tags(fields, record.spans);
//   add_spans(out, *record.spans, call.last_span + 1, times);
#pragma once

#include <cstdint>

#include "invocation/call_spans.h"
#include "skywalking/segment.h"
#include "tracing/call_facts.h"

namespace ofn::skywalking {

// Adds the attributes of the call's own span as tags; null: there are none. A tag's name that the framework gives itself gets a '_'
// behind it.
void add_tags(SpanFields& fields, const RecordedSpans* recorded);
// Adds the spans as local ones below the call's. `first`: the number that the first one gets.
void add_spans(SegmentWriter& out, const RecordedSpans& recorded, std::int32_t first,
               const tracing::CallTimes& times);

}  // namespace ofn::skywalking
