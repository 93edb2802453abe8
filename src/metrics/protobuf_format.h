// Writes a snapshot as Prometheus' protobuf messages, each behind its length. Only this format carries native histograms.
//
//   const std::string body = protobuf_exposition(snapshot);
#pragma once

#include <string>

#include "metrics/snapshot.h"

namespace ofn::metrics {

// A histogram has both forms: the explicit buckets with their exemplars, and the native ones.
// Spec: io.prometheus.client.MetricFamily (prometheus/client_model, metrics.proto).
std::string protobuf_exposition(const Snapshot& snapshot);

}  // namespace ofn::metrics
