#include "tracing/tracer.h"

#include <charconv>

#include "invocation/conventions.h"
#include "otlp/attributes.h"
#include "otlp/protobuf_writer.h"
#include "tracing/author_spans.h"
#include "tracing/call_facts.h"
#include "tracing/forwarded.h"

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

void add_address(SpanFields& fields, std::string_view host) {
  if (host.empty()) return;
  std::string_view port;
  const std::size_t colon = host.rfind(':');
  const bool is_bare_v6 = host.find(':') != colon && host.front() != '[';
  if (colon != std::string_view::npos && !is_bare_v6 && host.back() != ']') {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  fields.attribute("server.address", host);
  std::int64_t number = 0;
  if (!port.empty() &&
      std::from_chars(port.data(), port.data() + port.size(), number).ec == std::errc())
    fields.attribute("server.port", number);
}

void add_request(SpanFields& fields, const CallRecord& record) {
  const CallStart& start = record.start;
  const HttpMethod method = http_method_of(start.method);
  fields.attribute("http.request.method", http_method_name(method));
  if (method == HttpMethod::kOther) fields.attribute("http.request.method_original", start.method);
  fields.attribute("url.path", path_of(start.target));
  fields.attribute("url.scheme", "http");
  fields.attribute_if_any("http.route", start.route);
  if (record.status != 0)
    fields.attribute("http.response.status_code", std::int64_t{record.status});
  fields.attribute_if_any("network.protocol.version", start.version);
  std::string_view host, agent, forwarded, forwarded_by_list;
  for (const Field& field : start.fields) {
    const std::size_t size = field.name.size();
    if (size == 4 && same_field_name(field.name, "host")) host = field.value;
    if (size == 9 && same_field_name(field.name, "forwarded"))
      forwarded = forwarded_host(field.value);
    if (size == 10 && same_field_name(field.name, "user-agent")) agent = field.value;
    if (size == 16 && same_field_name(field.name, "x-forwarded-host"))
      forwarded_by_list = first_host(field.value);
  }
  // OpenTelemetry's order: the name by which the client knows the server comes first.
  if (!forwarded_by_list.empty()) host = forwarded_by_list;
  if (!forwarded.empty()) host = forwarded;
  add_address(fields, host);
  fields.attribute_if_any("user_agent.original", agent);
}

void add_delivery(SpanFields& fields, const CallRecord& record) {
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
}

void add_failure(SpanFields& fields, const CallRecord& record, SystemTime now) {
  if (!has_failed(record)) return;
  fields.failed();
  if (const Crash* crash = record.crash; crash != nullptr) {
    fields.exception(now, crash->exception, crash->what, stack_of(*crash));
    if (!crash->exception.empty())
      return fields.attribute("error.type", std::string_view(crash->exception));
  }
  if (record.status == 0) return fields.attribute("error.type", "cancelled");
  fields.attribute("error.type", std::string_view(std::to_string(record.status)));
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
Caller Tracer::caller_of(const CallStart& start) const {
  const Inbound* delivery = start.delivery;
  if (delivery == nullptr) {
    Caller caller = rules_.propagation.read(start.fields);
    if (!caller.parent) caller.parent = caller.event;
    return caller;
  }
  Caller caller =
      rules_.propagation.read(delivery->traceparent, delivery->tracestate, delivery->baggage);
  if (!delivery->inner.empty()) {
    const Caller inner = rules_.propagation.read(delivery->inner);
    if (inner.parent) return within_inner(caller, inner);
  }
  if (delivery->event == nullptr) return caller;
  const auto extension = [delivery](std::string_view name) {
    return delivery->event->extension(name).value_or(std::string_view());
  };
  const Caller event =
      rules_.propagation.read(extension("traceparent"), extension("tracestate"), {});
  caller.event = event.parent;
  if (caller.parent) return caller;
  caller.parent = event.parent;
  caller.tracestate = event.tracestate;
  return caller;
}

// What the sender has put into its inner event goes the whole way, while a sidecar may begin a trace of its own on the way, as Dapr's
// does behind an input binding. A sidecar's span within the sender's trace is nearer, and is the parent then.
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
  if (record.start.method.empty() || record.refusal == Refusal::kProbe) return;
  const Caller caller = caller_of(record.start);
  const TraceContext::Span span = decide(caller);
  if (span.is_recorded) write(record, span, caller.tracestate);
}

std::string_view Tracer::name_of(const CallStart& start) {
  if (start.delivery != nullptr) {
    const Trigger& input = start.delivery->input;
    return name_.assign("process ").append(input.topic.empty() ? input.name : input.topic);
  }
  const HttpMethod method = http_method_of(start.method);
  name_.assign(method == HttpMethod::kOther ? "HTTP" : http_method_name(method));
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
                 add_request(fields, record);
               } else {
                 add_delivery(fields, record);
               }
               if (start.function != nullptr) {
                 fields.attribute("faas.name", std::string_view(start.function->name));
                 fields.attribute(
                     "faas.trigger",
                     trigger_of(start.kind, is_request ? std::string_view()
                                                       : start.delivery->input.component_type));
                 fields.attribute("faas.coldstart", span.is_first);
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
