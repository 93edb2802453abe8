#include "tracing/tracer.h"

#include "invocation/conventions.h"
#include "otlp/attributes.h"
#include "otlp/protobuf_writer.h"
#include "tracing/author_spans.h"
#include "tracing/call_facts.h"

namespace ofn::tracing {
namespace {

constexpr std::uint32_t kAttributes = 9;  // of Span

std::string encoded(const Metadata& tags) {
  std::string bytes;
  otlp::ProtobufWriter out(bytes);
  for (const auto& [name, value] : tags)
    otlp::write_attribute(out, kAttributes, name, std::string_view(value));
  return bytes;
}

void add_delivery(SpanFields& fields, const CallRecord& record, bool is_first) {
  const Inbound& delivery = *record.start.delivery;
  const Trigger& input = delivery.input;
  if (input.kind == ComponentKind::kPubsub || is_queue(input.component_type)) {
    fields.attribute("messaging.system", messaging_system(input.component_type));
    fields.attribute("messaging.operation.name", "process");
    fields.attribute("messaging.operation.type", "process");
    fields.attribute("messaging.destination.name",
                     input.topic.empty() ? std::string_view(input.name) : input.topic);
  }
  fields.attribute("dapr.component", std::string_view(input.component));
  if (const CloudEvent* event = delivery.event) {
    fields.attribute("messaging.message.id", event->id());
    fields.attribute("cloudevents.event_id", event->id());
    fields.attribute("cloudevents.event_source", event->source());
    fields.attribute("cloudevents.event_type", event->type());
    fields.attribute("cloudevents.event_spec_version", event->specversion());
    if (const auto subject = event->subject())
      fields.attribute("cloudevents.event_subject", *subject);
  }
  if (record.start.function == nullptr) return;
  fields.attribute("faas.name", std::string_view(record.start.function->name));
  fields.attribute("faas.trigger", trigger_of(record.start.kind, input.component_type));
  fields.attribute("faas.coldstart", is_first);
}

void add_failure(SpanFields& fields, const CallRecord& record, SystemTime now) {
  if (!has_failed(record)) return;
  fields.failed();
  if (const Crash* crash = record.crash; crash != nullptr) {
    fields.exception(now, crash->exception, crash->what, stack_of(*crash));
    if (!crash->exception.empty())
      return fields.attribute("error.type", std::string_view(crash->exception));
  }
  if (record.outcome.status == 0) return fields.attribute("error.type", "cancelled");
  fields.attribute("error.type", std::string_view(std::to_string(record.outcome.status)));
}

}  // namespace

TraceRules::TraceRules(const otlp::TracesSettings& settings, const Metadata& given,
                       const Metadata& baggage)
    : sampler(settings.sampler),
      propagation(settings.propagators, baggage),
      limits(settings.limits),
      tag_count(given.size()),
      tags(encoded(given)) {}

// A sidecar that does not trace delivers an event without a context of its own; the event's own then keeps the trace together.
Caller Tracer::caller_of(const Inbound& delivery) const {
  Caller caller =
      rules_.propagation.read(delivery.traceparent, delivery.tracestate, delivery.baggage);
  if (!delivery.inner.empty()) {
    const Caller inner = rules_.propagation.read(delivery.inner);
    if (inner.parent) return within_inner(caller, inner);
  }
  if (delivery.event == nullptr) return caller;
  const auto extension = [&delivery](std::string_view name) {
    return delivery.event->extension(name).value_or(std::string_view());
  };
  const Caller event =
      rules_.propagation.read(extension("traceparent"), extension("tracestate"), {});
  caller.event = event.parent;
  if (caller.parent) return caller;
  caller.parent = event.parent;
  caller.tracestate = event.tracestate;
  return caller;
}

Caller Tracer::caller_of(const CallStart& start) const {
  if (start.delivery != nullptr) return caller_of(*start.delivery);
  Caller caller = rules_.propagation.read(start.fields);
  if (!caller.parent) caller.parent = caller.event;
  return caller;
}

// The context that the sender has put into its inner event reaches this program unchanged. A sidecar on the way may begin a trace of
// its own, as Dapr's does behind an input binding; then the sender's span is the parent. If the sidecar's span is in the sender's
// trace, it is nearer, and is the parent.
Caller Tracer::within_inner(Caller caller, const Caller& inner) {
  const bool is_on_the_way = caller.parent && caller.parent->trace_id == inner.parent->trace_id;
  caller.event = is_on_the_way ? inner.parent : caller.parent;
  if (is_on_the_way) return caller;
  caller.parent = inner.parent;
  caller.tracestate = inner.tracestate;
  if (!inner.baggage.empty()) caller.baggage = inner.baggage;
  return caller;
}

TraceContext::Span Tracer::decide(const Caller& caller) {
  Random& random = loop_.random();
  TraceContext::Span span;
  if (caller.parent) {
    span.own = *caller.parent;
    span.parent = caller.parent->span_id;
  } else {
    span.own.trace_id = make_trace_id(random);
    span.own.flags = SpanContext::kRandom;
  }
  span.own.span_id = make_span_id(random);
  span.is_recorded = rules_.sampler.samples(caller.parent_or_null(), span.own.trace_id);
  span.own.flags = static_cast<std::uint8_t>((span.own.flags & SpanContext::kRandom) |
                                             (span.is_recorded ? SpanContext::kSampled : 0));
  // A message that the caller's own span sent needs no link: it is the parent.
  if (caller.event && caller.event->span_id != span.parent) span.linked = *caller.event;
  return span;
}

void Tracer::began(const CallStart& start, TraceContext& trace) {
  const Caller caller = caller_of(start);
  TraceContext::Span span = decide(caller);
  if (!has_begun_) {
    has_begun_ = true;
    span.is_first = rules_.is_first.exchange(false, std::memory_order_relaxed);
  }
  trace.set(span, caller.tracestate, rules_.propagation.outgoing(caller.baggage, baggage_));
}

void Tracer::ended(const CallRecord& record) {
  if (record.trace != nullptr) {
    if (record.trace->span().is_recorded)
      write(record, record.trace->span(), record.trace->tracestate());
    return;
  }
  // It was answered without a function.
  if (record.start.method.empty() || record.outcome.refusal == Refusal::kProbe) return;
  const Caller caller = caller_of(record.start);
  const TraceContext::Span span = decide(caller);
  if (span.is_recorded) write(record, span, caller.tracestate);
}

std::string_view Tracer::name_of(const CallStart& start) {
  if (start.delivery != nullptr) {
    const Trigger& input = start.delivery->input;
    named_method_ = kNoMethod;
    return name_.assign("process ").append(input.topic.empty() ? input.name : input.topic);
  }
  const auto method = static_cast<int>(start.known_method);
  if (named_method_ == method && named_route_ == start.route.data()) return name_;
  named_method_ = method;
  named_route_ = start.route.data();
  const bool is_known = start.known_method != HttpMethod::kOther;
  name_.assign(is_known ? http_method_name(start.known_method) : "HTTP");
  if (!start.route.empty()) name_.append(1, ' ').append(start.route);
  return name_;
}

void Tracer::write(const CallRecord& record, const TraceContext::Span& span,
                   std::string_view tracestate) {
  const CallStart& start = record.start;
  const CallTimes times = times_of(record, loop_);
  const bool is_request = start.delivery == nullptr;
  batch_.add({.own = span.own,
              .parent = span.parent,
              .parent_is = ParentIs::kElsewhere,
              .tracestate = tracestate,
              .name = name_of(start),
              .kind = is_request ? SpanKind::kServer : SpanKind::kConsumer,
              .began = times.began,
              .ended = times.ended},
             rules_.limits, [&](SpanFields& fields) {
               if (is_request) {
                 request_attributes_.add(fields, record, span.is_first);
               } else {
                 add_delivery(fields, record, span.is_first);
               }
               fields.attribute_if_any("faas.invocation_id", start.id);
               if (rules_.tag_count > 0) fields.encoded_attributes(rules_.tags, rules_.tag_count);
               add_attributes(fields, record.spans);
               add_failure(fields, record, times.ended);
               if (span.linked.span_id != SpanId{}) fields.link(span.linked);
             });
  if (record.spans != nullptr)
    add_spans(*record.spans, {.own = span.own, .tracestate = tracestate, .times = times},
              rules_.limits, loop_.random(), batch_);
  if (span.is_first) write_init(span);
}

void Tracer::write_init(const TraceContext::Span& span) {
  const StartUp& start_up = rules_.start_up;
  if (start_up.listening == SystemTime{}) return;
  SpanHead init{.own = span.own,
                .parent = span.own.span_id,
                .name = "init",
                .kind = SpanKind::kInternal,
                .began = start_up.began,
                .ended = start_up.listening};
  init.own.span_id = make_span_id(loop_.random());
  batch_.add(init, rules_.limits, [](SpanFields&) {});
  for (const StartUp::Step& step : start_up.steps) {
    SpanHead child = init;
    child.parent = init.own.span_id;
    child.own.span_id = make_span_id(loop_.random());
    child.name = step.name;
    child.began = step.began;
    child.ended = step.ended;
    batch_.add(child, rules_.limits, [](SpanFields&) {});
  }
}

}  // namespace ofn::tracing
