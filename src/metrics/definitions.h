// Every metric of the framework: its name, unit, type, labels and meaning, in one table. The names are OpenTelemetry's; the names
// that Prometheus sees are derived from them.
//
//   for (const Definition& each : definitions()) say(prometheus_name(each), each.help);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ofn::metrics {

// In the order of the table.
enum class Metric : std::uint8_t {
  kRequestDuration,
  kActiveRequests,
  kRequestBodySize,
  kResponseBodySize,
  kInvokeDuration,
  kInitDuration,
  kColdStarts,
  kInvocations,
  kErrors,
  kTimeouts,
  kProcessDuration,
  kProbes,
  kCallbacks,
  kRefusedRequests,
  kRuns,
  kDeliveries,
  kOutputPayloads,
  kOutputTries,
  kOutputDuration,
  kHookFailures,
  kGateInUse,
  kGateLimit,
  kGateWaiting,
  kGateQueueLimit,
  kConnections,
  kPeerMemoryUsage,
  kPeerMemoryLimit,
  kLoopLag,
  kHandOvers,
  kLogLinesDropped,
  kSpansProcessed,
  kSpansExported,
  kPointsExported,
  kCompileDuration,
  kReloads,
  kCpuTime,
  kMemoryUsage,
  kThreads,
  kFileDescriptors,
  kUptime,
  kContextSwitches,
  kPagingFaults,
  kThrottledTime,
  kBuildInfo,
  kTargetInfo,
};
inline constexpr std::size_t kMetricCount = static_cast<std::size_t>(Metric::kTargetInfo) + 1;

enum class Type : std::uint8_t {
  kCounter,        // only grows
  kUpDownCounter,  // a sum that also shrinks
  kGauge,          // a value of now
  kHistogram,
  kInfo,  // always 1; its labels say it
};

struct Definition {
  std::string_view name;  // "http.server.request.duration"
  std::string_view unit;  // UCUM: "s", "By", "{request}"; empty for an info
  Type type{};
  std::string_view labels;  // OpenTelemetry's names, separated by spaces; may be empty
  std::string_view help;    // one sentence without a period
};

// In the order of Metric.
std::span<const Definition> definitions() noexcept;
const Definition& definition_of(Metric metric) noexcept;

// Returns the name without the suffix of a counter ("_total") or an info ("_info"): "http_server_request_duration_seconds".
// Spec: OpenTelemetry, Compatibility, Prometheus and OpenMetrics.
std::string family_name(const Definition& definition);
// Returns the whole name: "ofn_refused_requests_total".
std::string prometheus_name(const Definition& definition);
// Returns the word by which Prometheus' names end for the unit: "seconds"; empty if there is none.
std::string_view unit_word(std::string_view unit) noexcept;
// Returns a label's name as Prometheus has it: "http_request_method".
std::string label_name(std::string_view name);

}  // namespace ofn::metrics
