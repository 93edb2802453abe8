#include "skywalking/segment_tracer.h"

#include <optional>
#include <utility>
#include <vector>

#include "skywalking/author_spans.h"
#include "tracing/call_facts.h"
#include "tracing/fields.h"

namespace ofn::skywalking {
namespace {

using tracing::value_once;

std::string encoded(const Metadata& tags) {
  std::string bytes;
  otlp::ProtobufWriter out(bytes);
  SpanFields fields(out);
  for (const auto& [name, value] : tags) fields.tag(name, value);
  return bytes;
}

// The 32 digits of a trace's id.
std::string digits_of(const SpanContext& context) {
  const auto text = context.traceparent();
  return {text.data() + 3, 2 * sizeof context.trace_id};
}

void add_request(SpanFields& fields, const CallRecord& record) {
  const CallStart& start = record.start;
  fields.tag("http.method", start.method);
  fields.tag("url", std::string(value_once(start.fields, "host")) +
                        std::string(tracing::path_of(start.target)));
  if (record.outcome.status != 0) fields.tag("status_code", std::to_string(record.outcome.status));
}

void add_failure(SpanFields& fields, const CallRecord& record, SystemTime at) {
  if (!tracing::has_failed(record)) return;
  if (const Crash* crash = record.crash; crash != nullptr)
    return fields.error(at, crash->exception, crash->what, tracing::stack_of(*crash));
  fields.error(
      at, "",
      record.outcome.status == 0 ? "cancelled" : "status " + std::to_string(record.outcome.status),
      "");
}

}  // namespace

SegmentRules::SegmentRules(Settings given, const otlp::Sampler& sampling, Runtime of)
    : settings(std::move(given)),
      sampler(sampling),
      runtime(runtime_name(of)),
      tags(encoded(settings.tags)) {}

std::string SegmentTracer::random_id() {
  SpanContext made;
  made.trace_id = make_trace_id(loop_.random());
  return digits_of(made);
}

void SegmentTracer::take_up(const CallStart& start, SpanContext& own, std::string_view traceparent,
                            OpenCall& call) {
  const std::string_view sw8 = value_once(start.fields, kSw8);
  call.caller = parse_sw8(sw8);
  if (call.caller) {
    // In the log a trace has W3C's form, so one of another form has an id of its own there.
    if (!read_hex(call.caller->trace_id, own.trace_id))
      own.trace_id = make_trace_id(loop_.random());
    call.trace_id = call.caller->trace_id;
    call.is_recorded = call.caller->is_sampled;
    if (!call.is_recorded) call.passed_on = sw8;
  } else {
    // A gateway with W3C's trace and this program then have the same.
    const auto gateway = SpanContext::parse(traceparent);
    own.trace_id = gateway ? gateway->trace_id : make_trace_id(loop_.random());
    call.trace_id = digits_of(own);
    call.is_recorded = rules_.sampler.samples(nullptr, own.trace_id);
  }
  own.flags = call.is_recorded ? SpanContext::kSampled : 0;
  if (call.is_recorded) call.segment_id = random_id();
  call.endpoint = start.function != nullptr ? start.function->name : rules_.settings.service;

  auto entries = parse_correlation(value_once(start.fields, kSw8Correlation));
  for (const auto& [name, value] : rules_.settings.baggage) put(entries, name, value);
  call.correlation = to_correlation(entries);
}

void SegmentTracer::began(const CallStart& start, TraceContext& trace) {
  SpanContext own;
  own.span_id = make_span_id(loop_.random());
  OpenCall& call = calls_.begin(own);
  call.traceparent = trace.traceparent();
  call.tracestate = trace.tracestate();
  take_up(start, own, call.traceparent, call);
  if (start.delivery != nullptr) {
    for (const Field& field : start.delivery->inner) {
      if (field.name != kSw8 && field.name != kSw8Correlation)
        call.inner.push_back({std::string(field.name), std::string(field.value)});
    }
  }
  trace.set({.own = own, .is_recorded = call.is_recorded});
}

void SegmentTracer::ended(const CallRecord& record) {
  if (record.trace != nullptr) {
    const SpanId id = record.trace->span().own.span_id;
    OpenCall* const call = calls_.find(id);
    if (call == nullptr) return;
    if (call->is_recorded) write(record, *call);
    return calls_.end(id);
  }
  // It was answered without a function.
  if (record.start.method.empty() || record.outcome.refusal == Refusal::kProbe) return;
  SpanContext own;
  OpenCall call;
  take_up(record.start, own, value_once(record.start.fields, "traceparent"), call);
  if (call.is_recorded) write(record, call);
}

void SegmentTracer::write(const CallRecord& record, OpenCall& call) {
  const CallStart& start = record.start;
  const tracing::CallTimes times = tracing::times_of(record, loop_);
  const RecordedSpans* const authors = record.spans;
  const bool is_cut = call.is_cut || (authors != nullptr && authors->dropped > 0);
  batch_.append([&](std::string& bytes) {
    return write_segment(bytes,
                         {.trace_id = call.trace_id,
                          .segment_id = call.segment_id,
                          .service = rules_.settings.service,
                          .instance = rules_.settings.instance,
                          .is_cut = is_cut},
                         [&](SegmentWriter& out) {
                           out.span({.began = times.began,
                                     .ended = times.ended,
                                     .operation = call.endpoint,
                                     .type = SpanType::kEntry,
                                     .layer = Layer::kFaas,
                                     .failed = tracing::has_failed(record)},
                                    [&](SpanFields& fields) {
                                      if (call.caller) fields.reference(*call.caller);
                                      if (start.delivery == nullptr) {
                                        add_request(fields, record);
                                      } else {
                                        fields.tag("component.type", start.delivery->input.kind ==
                                                                             ComponentKind::kPubsub
                                                                         ? "pubsub"
                                                                         : "bindings");
                                      }
                                      fields.tag("runtime", rules_.runtime);
                                      fields.encoded(rules_.tags);
                                      add_tags(fields, authors);
                                      add_failure(fields, record, times.ended);
                                    });
                           for (const Exit& exit : call.exits) {
                             out.span({.id = exit.id,
                                       .parent = 0,
                                       .began = exit.began,
                                       .ended = exit.ended.value_or(times.ended),
                                       .operation = exit.operation,
                                       .peer = exit.peer,
                                       .type = SpanType::kExit,
                                       .layer = exit.layer,
                                       // The call has given up what has no answer yet.
                                       .failed = exit.failed || !exit.ended},
                                      [&](SpanFields& fields) { fields.encoded(exit.tags); });
                           }
                           if (authors != nullptr)
                             add_spans(out, *authors, call.last_span + 1, times);
                         });
  });
}

}  // namespace ofn::skywalking
