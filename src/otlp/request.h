// The outermost message of what is sent: ExportTraceServiceRequest or ExportMetricsServiceRequest. The two have the same field
// numbers, so that one function writes both.
//
//   std::string spans;                                     // or metrics
//   ProtobufWriter out(spans);
//   out.message(kItem, [&] { … });                         // each as this field
//   std::string request = make_request({.resource = resource, .scope = "ofn"}, spans);
//
// Spec: opentelemetry-proto, trace/v1/trace.proto (TracesData, ResourceSpans, ScopeSpans), metrics/v1/metrics.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ofn::otlp {

// The field of a span in its ScopeSpans, and of a metric in its ScopeMetrics.
inline constexpr std::uint32_t kItem = 2;

struct RequestHead {
  std::string_view resource = {};       // encoded (resource.h)
  std::string_view scope = {};          // the name of the instrumentation scope
  std::string_view scope_version = {};  // empty if unknown
  std::string_view schema_url = "https://opentelemetry.io/schemas/1.44.0";
};

// Returns the request for items that are encoded one behind the other. Cost: copies them once.
std::string make_request(const RequestHead& head, std::string_view items);

}  // namespace ofn::otlp
