// The rules of what the author says of a metric (<ofn/metrics.h>): names, unit, help, labels, buckets.
//
//   const std::string problem = problem_of(registration);
//   if (!problem.empty()) say(problem);     // "its unit is not ASCII, …"
//   const auto names = shown_names(definition);
#pragma once

#include <string>
#include <vector>

#include <ofn/metrics.h>

#include "metrics/definitions.h"

namespace ofn::metrics {

// Returns what is wrong with a single metric, and what to do; empty: nothing.
// Spec: OpenTelemetry, Metrics API, instrument names and units.
std::string problem_of(const abi::MetricRegistration& metric);
// Returns every name by which Prometheus or OpenMetrics sees a metric: of the family, and of its samples. No two metrics may have one
// in common.
std::vector<std::string> shown_names(const Definition& definition);

}  // namespace ofn::metrics
