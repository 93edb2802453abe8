#include "tracing/author_spans.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ofn::tracing {
namespace {

// The attributes that the framework gives spans of calls, in their order.
constexpr std::array kOfCalls = std::to_array<std::string_view>({"cloudevents.event_id",
                                                                 "cloudevents.event_source",
                                                                 "cloudevents.event_spec_version",
                                                                 "cloudevents.event_subject",
                                                                 "cloudevents.event_type",
                                                                 "dapr.component",
                                                                 "error.type",
                                                                 "faas.coldstart",
                                                                 "faas.invocation_id",
                                                                 "faas.name",
                                                                 "faas.trigger",
                                                                 "http.request.method",
                                                                 "http.request.method_original",
                                                                 "http.response.status_code",
                                                                 "http.route",
                                                                 "messaging.destination.name",
                                                                 "messaging.message.id",
                                                                 "messaging.operation.name",
                                                                 "messaging.operation.type",
                                                                 "messaging.system",
                                                                 "network.protocol.version",
                                                                 "ofn.dropped_spans",
                                                                 "server.address",
                                                                 "server.port",
                                                                 "url.path",
                                                                 "url.scheme",
                                                                 "user_agent.original"});

bool is_of_calls(std::string_view attribute) {
  return std::ranges::binary_search(kOfCalls, attribute);
}

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
