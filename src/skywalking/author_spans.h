// The author's own spans (<ofn/span.h>), as a call's record has them, in the call's segment.
//
//   add_tags(fields, record.spans);
//   add_spans(out, *record.spans, {.first = call.last_span + 1, .system = began, .steady = record.start.arrived});
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "invocation/call_spans.h"
#include "skywalking/segment.h"

namespace ofn::skywalking {

struct SegmentOfCall {
  std::int32_t first = 1;  // the number of the first span that is added
  // One moment by two clocks, by which times are converted.
  SystemTime system{};
  SteadyTime steady{};
};

// Adds the attributes of the call's own span as tags; null: there are none. A tag's name that the framework gives itself gets a '_'
// behind it.
void add_tags(SpanFields& fields, const RecordedSpans* recorded);
// Adds the spans as local ones below the call's.
void add_spans(SegmentWriter& out, const RecordedSpans& recorded, const SegmentOfCall& call);

}  // namespace ofn::skywalking
