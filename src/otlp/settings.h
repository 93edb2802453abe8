// Reads the variables of OpenTelemetry: what is measured, and where it is sent.
//
//   otlp::Settings settings = otlp::read_settings(env, notes);
//   if (settings.traces.exporter == otlp::TracesExporter::kOtlp) connect_to(settings.traces.target);
//
// A wrong value never stops a start: it is ignored, and a warning is added to the notes. An empty variable counts as not set.
// Spec: opentelemetry-specification 1.60, configuration/sdk-environment-variables.md and protocol/exporter.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/clock.h"
#include "context/environment.h"
#include "document/problem.h"
#include "otlp/url.h"

namespace ofn::otlp {

enum class Signal : std::uint8_t { kTraces, kMetrics };
enum class Protocol : std::uint8_t { kGrpc, kHttpProtobuf, kHttpJson };
enum class Compression : std::uint8_t { kNone, kGzip };

// The collector of one signal, and how the program reaches it.
struct Target {
  Protocol protocol = Protocol::kHttpProtobuf;
  Url url;
  std::vector<Header> headers;                  // names in lower case; values are secrets
  Duration timeout = std::chrono::seconds(10);  // of one message with its retries
  Compression compression = Compression::kNone;
  // Paths of PEM files; empty for the system's certificates, and for none.
  std::string certificate;
  std::string client_key;
  std::string client_certificate;
};

enum class TracesExporter : std::uint8_t { kNone, kOtlp, kConsole };
enum class MetricsExporter : std::uint8_t { kNone, kOtlp, kConsole };

enum class SamplerKind : std::uint8_t { kAlwaysOn, kAlwaysOff, kTraceIdRatio };
struct Sampler {
  SamplerKind kind = SamplerKind::kAlwaysOn;
  double ratio = 1;          // of kTraceIdRatio, from 0 to 1
  bool parent_based = true;  // the caller's decision comes first
  friend bool operator==(const Sampler&, const Sampler&) = default;
};

enum class Propagator : std::uint8_t { kTraceContext, kBaggage, kB3, kB3Multi };

// Spans between their end and the exporter (OTEL_BSP_…).
struct SpanBatches {
  Duration schedule_delay = std::chrono::milliseconds(5000);
  std::size_t max_queue_size = 2048;
  std::size_t max_export_batch_size = 512;  // at most max_queue_size
  Duration export_timeout = std::chrono::milliseconds(30000);
};

struct SpanLimits {
  std::size_t attributes = 128;
  std::optional<std::size_t> attribute_value_length;  // in characters; nullopt: no limit
  std::size_t events = 128;
  std::size_t links = 128;
  std::size_t event_attributes = 128;
  std::size_t link_attributes = 128;
};

struct TracesSettings {
  // kNone, unless OTEL_TRACES_EXPORTER names another one, or a variable names an endpoint for traces: the program sends nothing
  // that nobody has asked for. kConsole stands for `console` and `otlp/stdout`.
  TracesExporter exporter = TracesExporter::kNone;
  Target target;
  Sampler sampler;
  std::vector<Propagator> propagators = {Propagator::kTraceContext, Propagator::kBaggage};
  SpanBatches batches;
  SpanLimits limits;
};

struct MetricsSettings {
  // As in TracesSettings. OTEL_METRICS_EXPORTER is a list: an exporter that pushes, and `prometheus`, which does not.
  MetricsExporter exporter = MetricsExporter::kNone;
  bool prometheus = false;
  Target target;
  Duration export_interval = std::chrono::milliseconds(60000);
  Duration export_timeout = std::chrono::milliseconds(30000);
};

struct Settings {
  bool disabled = false;  // OTEL_SDK_DISABLED: then no exporter is set
  TracesSettings traces;
  MetricsSettings metrics;
};

// The general variable OTEL_EXPORTER_OTLP_… counts if the one of the signal (…_TRACES_…, …_METRICS_…) is not set.
Settings read_settings(const Environment& env, std::vector<Note>& notes);

}  // namespace ofn::otlp
