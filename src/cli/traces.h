// Tracing of the running server: what the spans of all loops share, and the parts of one loop.
//
//   auto traces = Traces::make(settings, env, context, resource, loops, log);  // null: nothing is traced
//   Traces::OnLoop part(*traces, loop, context, {.sidecar = client, .stores = client});
//   environment.observer = &part.tracer;
//
// It is switched on by OpenTelemetry's variables or by the context's section `tracing` (tracing/section.h).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "context/environment.h"
#include "context/function_context.h"
#include "loop/loop.h"
#include "otlp/settings.h"
#include "tracing/span_batch.h"
#include "tracing/span_export.h"
#include "tracing/traced_sidecar.h"
#include "tracing/tracer.h"

namespace ofn::cli {

// Lifetime: the loops outlive it; it outlives its parts. Threads: the main thread makes it, before the loops run.
class Traces {
 public:
  // One loop's. Threads: the loop's.
  struct OnLoop {
    OnLoop(Traces& traces, Loop& on, const FunctionContext& context,
           tracing::TracedSidecar::Next next)
        : loop(on),
          exporting(traces.export_),
          batch(on, traces.export_, traces.settings_.batches, traces.loops_),
          tracer(on, traces.rules_, batch),
          sidecar(on, traces.rules_, batch, context, next) {}

    // Sends what there is, and runs `done` on this loop when it was sent or lost, or after `budget`. Threads: the loop's.
    void flush(Duration budget, Task done);

    Loop& loop;
    tracing::SpanExport& exporting;
    tracing::SpanBatch batch;
    tracing::Tracer tracer;
    tracing::TracedSidecar sidecar;
  };

  // `resource`: encoded. Returns null if nobody asked for spans, or if there is no way to where they should go, which is logged. The
  // first loop sends them.
  static std::unique_ptr<Traces> make(const otlp::TracesSettings& settings, const Environment& env,
                                      const FunctionContext& context, std::string resource,
                                      std::span<Loop* const> loops, Log& log);
  Traces(const otlp::TracesSettings& settings, std::string resource, const Environment& env,
         const FunctionContext& context, std::unique_ptr<otlp::Destination> destination,
         std::span<Loop* const> loops, Log& log);

  // For the span `init` of the first call. Call it before the loops run.
  void started(tracing::StartUp start_up) { rules_.start_up = std::move(start_up); }
  // Sends what `parts` have, and runs `done` on the first loop when it was sent or lost, or at the deadline. No call may be under way.
  void flush(std::vector<OnLoop*> parts, Deadline deadline, Task done);

 private:
  const otlp::TracesSettings settings_;
  const std::size_t loops_;
  tracing::TraceRules rules_;
  tracing::SpanExport export_;
};

}  // namespace ofn::cli
