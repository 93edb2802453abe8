#include "cli/traces.h"

#include <algorithm>
#include <atomic>
#include <unistd.h>
#include <utility>

#include "otlp/make_destination.h"
#include "otlp/text_destination.h"
#include "skywalking/oap_destination.h"
#include "tracing/section.h"
#include "wire/grpc/link.h"
#include "wire/limits.h"

namespace ofn::cli {

namespace {

constexpr wire::Limits kConnectionLimits;

Result<std::unique_ptr<otlp::Destination>> destination_of(const TraceChoice& choice, Loop& loop) {
  if (choice.segments) {
    return std::make_unique<skywalking::OapDestination>(
        loop, wire::grpc::connector_to(loop, choice.segments->oap, kConnectionLimits),
        *choice.segments);
  }
  if (choice.spans.exporter == otlp::TracesExporter::kConsole)
    return std::make_unique<otlp::TextDestination>(loop, otlp::Signal::kTraces, STDOUT_FILENO);
  return otlp::make_destination(loop, otlp::Signal::kTraces, choice.spans.target);
}

void tell(const TraceChoice& choice, std::string_view url, Log& log) {
  if (!choice.segments) return log.write(Level::kInfo, "spans are exported", {{"url", url}});
  log.write(Level::kInfo, "segments are exported",
            {{"url", url},
             {"service", choice.segments->service},
             {"instance", choice.segments->instance}});
}

}  // namespace

TraceChoice choose_traces(const Environment& env, const FunctionContext& context,
                          const otlp::Settings& sent, const otlp::ResourceFacts& facts,
                          std::vector<Note>& notes) {
  TraceChoice choice{.spans = sent.traces};
  if (!skywalking::is_wanted(context) || sent.disabled) return choice;
  for (const std::string_view name :
       {"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}) {
    if (!non_empty(env, name)) continue;
    notes.push_back({Level::kWarning, "the context's tracing by SkyWalking is not used, because " +
                                          env.label(name) + " is set"});
    return choice;
  }
  choice.spans.exporter = otlp::TracesExporter::kNone;
  choice.segments = skywalking::read_settings(env, context,
                                              {.function_name = facts.function_name,
                                               .instance_id = facts.instance_id,
                                               .host_name = facts.host_name,
                                               .process_id = facts.process_id},
                                              notes);
  return choice;
}

std::unique_ptr<Traces> Traces::make(const TraceChoice& choice, const Environment& env,
                                     const FunctionContext& context, std::string resource,
                                     std::span<Loop* const> loops, Log& log) {
  if (!choice.is_on()) return nullptr;
  auto destination = destination_of(choice, *loops.front());
  if (!destination) {
    log.write(Level::kWarning, "no span is exported", {{"error", destination.error().message()}});
    return nullptr;
  }
  tell(choice, (*destination)->name(), log);
  return std::make_unique<Traces>(choice, std::move(resource), env, context,
                                  *std::move(destination), loops, log);
}

Traces::Traces(const TraceChoice& choice, std::string resource, const Environment& env,
               const FunctionContext& context, std::unique_ptr<otlp::Destination> destination,
               std::span<Loop* const> loops, Log& log)
    : settings_(choice.spans),
      loops_(loops.size()),
      rules_(settings_, tracing::section_tags(env, context), tracing::section_baggage(context)),
      segment_rules_(choice.segments
                         ? std::optional<skywalking::SegmentRules>(
                               std::in_place, *choice.segments, settings_.sampler, context.runtime)
                         : std::nullopt),
      export_(*loops.front(), std::move(destination),
              {.are_whole = choice.segments.has_value(),
               .resource = std::move(resource),
               .scope_version = OFN_VERSION,
               .max_queue_size = settings_.batches.max_queue_size,
               .exporter = {.signal = "traces",
                            .timeout = std::min(settings_.target.timeout,
                                                settings_.batches.export_timeout)}},
              log) {}

struct Traces::OnLoop::Spans {
  Spans(Traces& traces, OnLoop& part, const FunctionContext& context, dapr::DaprClient& next,
        HttpPort& http)
      : tracer(part.loop_, traces.rules_, part.batch_),
        sidecar(part.loop_, traces.rules_, part.batch_, context, {.sidecar = next, .stores = next}),
        requests(part.loop_, traces.rules_, part.batch_, http) {}

  tracing::Tracer tracer;
  tracing::TracedSidecar sidecar;
  tracing::TracedHttp requests;
};

struct Traces::OnLoop::Segments {
  Segments(Traces& traces, OnLoop& part, const FunctionContext& context, dapr::DaprClient& next)
      : tracer(part.loop_, *traces.segment_rules_, calls, part.batch_),
        sidecar(part.loop_, *traces.segment_rules_, calls, context,
                {.sidecar = next, .stores = next}) {}

  skywalking::OpenCalls calls;
  skywalking::SegmentTracer tracer;
  skywalking::SegmentSidecar sidecar;
};

Traces::OnLoop::OnLoop(Traces& traces, Loop& on, const FunctionContext& context,
                       dapr::DaprClient& next, HttpPort& http)
    : loop_(on),
      exporting_(traces.export_),
      batch_(on, traces.export_, traces.settings_.batches, traces.loops_),
      http_(&http) {
  const auto use = [this](auto& parts) {
    tracer_ = &parts.tracer;
    sidecar_ = &parts.sidecar;
    stores_ = &parts.sidecar;
  };
  if (traces.segment_rules_) {
    use(*(segments_ = std::make_unique<Segments>(traces, *this, context, next)));
  } else {
    use(*(spans_ = std::make_unique<Spans>(traces, *this, context, next, http)));
    http_ = &spans_->requests;
  }
}

Traces::OnLoop::~OnLoop() = default;

void Traces::OnLoop::flush(Duration budget, Task done) {
  batch_.hand_over();
  exporting_.flush(Deadline::in(budget, loop_.clock()),
                   [this, done = std::move(done)](bool) mutable { loop_.post(std::move(done)); });
}

void Traces::flush(std::vector<OnLoop*> parts, Deadline deadline, Task done) {
  struct Flush {
    std::atomic<std::size_t> left;
    Task done;
  };
  const auto flush = std::make_shared<Flush>(parts.size(), std::move(done));
  for (OnLoop* part : parts) {
    part->loop_.post([this, part, deadline, flush] {
      part->batch_.hand_over();
      if (flush->left.fetch_sub(1) > 1) return;
      export_.flush(deadline, [flush](bool) { flush->done(); });
    });
  }
}

}  // namespace ofn::cli
