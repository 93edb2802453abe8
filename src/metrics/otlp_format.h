// Writes a snapshot as the metrics of an OTLP request.
//
//   const OtlpMetrics metrics = otlp_metrics(snapshot, {.started = started, .now = now});
//   exporter.send(otlp::make_request({.resource = resource, .scope = "ofn"}, metrics.items), metrics.points);
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "metrics/snapshot.h"

namespace ofn::metrics {

struct OtlpTimes {
  SystemTime started{};  // since when counters count
  SystemTime now{};
};

struct OtlpMetrics {
  std::string items;  // for otlp::make_request()
  std::size_t points = 0;
};

// Sums and histograms are cumulative. A histogram has the explicit buckets. target_info is left out: it is the request's resource.
// Spec: opentelemetry-proto, metrics/v1/metrics.proto.
OtlpMetrics otlp_metrics(const Snapshot& snapshot, const OtlpTimes& times);

}  // namespace ofn::metrics
