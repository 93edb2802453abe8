// Tracing of the running server: what the spans of all loops share, and the parts of one loop.
//
//   auto traces = Traces::make(choice, env, context, resource, loops, log);  // null: nothing is traced
//   Traces::OnLoop part(*traces, loop, context, client, http);
//   environment.observer = &part.tracer();
//
// It is switched on by OpenTelemetry's variables or by the context's section `tracing` (tracing/section.h, skywalking/settings.h).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "context/environment.h"
#include "context/function_context.h"
#include "dapr/client.h"
#include "document/problem.h"
#include "loop/loop.h"
#include "otlp/resource.h"
#include "otlp/settings.h"
#include "skywalking/segment_sidecar.h"
#include "skywalking/segment_tracer.h"
#include "skywalking/settings.h"
#include "tracing/span_batch.h"
#include "tracing/span_export.h"
#include "tracing/traced_http.h"
#include "tracing/traced_sidecar.h"
#include "tracing/tracer.h"

namespace ofn::cli {

// The choice between OpenTelemetry's spans and SkyWalking's segments, with the collector. If both are off, nothing is traced.
struct TraceChoice {
  otlp::TracesSettings spans;
  std::optional<skywalking::Settings>
      segments{};  // then spans.exporter is kNone; its batches and its sampler count

  bool is_on() const { return segments || spans.exporter != otlp::TracesExporter::kNone; }
};

// A variable that is about traces has precedence over the context's section, also if the section asks for SkyWalking. What is wrong is
// added to the notes.
TraceChoice choose_traces(const Environment& env, const FunctionContext& context,
                          const otlp::Settings& sent, const otlp::ResourceFacts& facts,
                          std::vector<Note>& notes);

// Lifetime: the loops outlive it; it outlives its parts. Threads: the main thread makes it, before the loops run.
class Traces {
 public:
  // One loop's. Threads: the loop's.
  class OnLoop {
   public:
    OnLoop(Traces& traces, Loop& on, const FunctionContext& context, dapr::DaprClient& next,
           HttpPort& http);
    ~OnLoop();

    // Sends what there is, and runs `done` on this loop when it was sent or lost, or after `budget`. Threads: the loop's.
    void flush(Duration budget, Task done);

    Observer& tracer() { return *tracer_; }
    Sidecar& sidecar() { return *sidecar_; }
    Stores& stores() { return *stores_; }
    // SkyWalking gets no segment of the author's requests.
    HttpPort& http() { return *http_; }

   private:
    friend class Traces;
    struct Spans;
    struct Segments;

    Loop& loop_;
    tracing::SpanExport& exporting_;
    tracing::SpanBatch batch_;
    std::unique_ptr<Spans> spans_;        // of one notation,
    std::unique_ptr<Segments> segments_;  // or of the other
    Observer* tracer_ = nullptr;          // these point there
    Sidecar* sidecar_ = nullptr;
    Stores* stores_ = nullptr;
    HttpPort* http_;
  };

  // `resource`: encoded. Returns null if nobody asked for spans, or if there is no way to where they should go, which is logged. The
  // first loop sends them.
  static std::unique_ptr<Traces> make(const TraceChoice& choice, const Environment& env,
                                      const FunctionContext& context, std::string resource,
                                      std::span<Loop* const> loops, Log& log);
  Traces(const TraceChoice& choice, std::string resource, const Environment& env,
         const FunctionContext& context, std::unique_ptr<otlp::Destination> destination,
         std::span<Loop* const> loops, Log& log);

  // For the span `init` of the first call. Call it before the loops run.
  void started(tracing::StartUp start_up) { rules_.start_up = std::move(start_up); }
  // Sends what `parts` have, and runs `done` on the first loop when it was sent or lost, or at the deadline. No call may be under way.
  void flush(std::vector<OnLoop*> parts, Deadline deadline, Task done);
  // Returns how many spans were sent, or lost; a segment counts with each of its spans. Threads: any.
  otlp::ExportCounts counts() const { return export_.counts(); }

 private:
  const otlp::TracesSettings settings_;
  const std::size_t loops_;
  tracing::TraceRules rules_;
  const std::optional<skywalking::SegmentRules> segment_rules_;
  tracing::SpanExport export_;
};

}  // namespace ofn::cli
