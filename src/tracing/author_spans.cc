#include "tracing/author_spans.h"

#include <algorithm>
#include <array>
#include <string>
#include <variant>
#include <vector>

#include "tracing/conventions.h"

namespace ofn::tracing {
namespace {

otlp::AttributeValue value_of(const RecordedAttribute& attribute) {
  return std::visit([](const auto& value) { return otlp::AttributeValue(value); }, attribute.value);
}

}  // namespace

void add_attributes(SpanFields& fields, const RecordedSpans* recorded) {
  if (recorded == nullptr) return;
  for (const RecordedAttribute& each : recorded->attributes) {
    if (is_of_calls(each.name)) {
      fields.named(std::string(each.name) + '_', value_of(each));
    } else {
      fields.named(each.name, value_of(each));
    }
  }
  if (recorded->dropped > 0)
    fields.attribute("ofn.dropped_spans", static_cast<std::int64_t>(recorded->dropped));
}

void add_spans(const RecordedSpans& recorded, const SpanOfCall& call,
               const otlp::SpanLimits& limits, Random& random, SpanBatch& batch) {
  std::vector<SpanId> ids;
  ids.reserve(recorded.spans.size());
  for (const RecordedSpan& each : recorded.spans) {
    SpanHead head{
        .own = call.own,
        .parent = each.parent == RecordedSpan::kCall ? call.own.span_id : ids.at(each.parent),
        .tracestate = call.tracestate,
        .name = each.name,
        .kind = SpanKind::kInternal,
        .began = call.times.at(each.began),
        .ended = call.times.at(each.ended)};
    head.own.span_id = ids.emplace_back(make_span_id(random));
    batch.add(head, limits, [&](SpanFields& fields) {
      for (const RecordedAttribute& attribute : each.attributes)
        fields.named(attribute.name, value_of(attribute));
      if (each.has_failed) fields.failed(each.failure);
    });
  }
}

}  // namespace ofn::tracing
