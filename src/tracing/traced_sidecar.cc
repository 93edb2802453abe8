#include "tracing/traced_sidecar.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/span_context.h"
#include "invocation/conventions.h"
#include "otlp/protobuf_writer.h"
#include "tracing/span.h"
#include "tracing/state_use.h"

namespace ofn::tracing {
namespace {

// The name and the kind of a span. Its attributes go to the SpanFields.
struct Description {
  std::string name;
  SpanKind kind = SpanKind::kClient;
};

void add_rpc(SpanFields& fields, std::string_view method) {
  fields.attribute("rpc.system.name", "grpc");
  fields.attribute("rpc.method", "dapr.proto.runtime.v1.Dapr/" + std::string(method));
}

void add_output(SpanFields& fields, std::string_view output, std::string_view component) {
  fields.attribute_if_any("ofn.output", output);
  fields.attribute("dapr.component", component);
}

void add_message(SpanFields& fields, std::string_view system, std::string_view destination) {
  fields.attribute("messaging.system", system);
  fields.attribute("messaging.operation.name", "send");
  fields.attribute("messaging.operation.type", "send");
  fields.attribute("messaging.destination.name", destination);
}

Description describe_state(SpanFields& fields, const StateUse& use,
                           const FunctionContext& context) {
  const std::string_view type = store_type(context, use.store);
  fields.attribute("db.system.name", database_system(type));
  fields.attribute("db.operation.name", use.operation);
  if (use.keys > 1)
    fields.attribute("db.operation.batch.size", static_cast<std::int64_t>(use.keys));
  fields.attribute("dapr.component", use.store);
  return {.name = std::string(use.operation) + " " + std::string(use.store)};
}

Description describe_secret(SpanFields& fields, std::string_view method, std::string_view store) {
  add_rpc(fields, method);
  fields.attribute("dapr.component", store);
  return {.name = std::string(method) + " " + std::string(store)};
}

Description describe_job(SpanFields& fields, std::string_view method, std::string_view job) {
  add_rpc(fields, method);
  fields.attribute("dapr.job", job);
  return {.name = std::string(method)};
}

// The method's text may have a query, which may hold secrets.
Description describe(SpanFields& fields, const InvokeService& call) {
  const std::string_view method = std::string_view(call.method).substr(0, call.method.find('?'));
  add_rpc(fields, "InvokeService");
  fields.attribute("faas.invoked_name", std::string_view(call.app_id));
  if (const HttpMethod verb = http_method_of(call.verb); verb != HttpMethod::kOther)
    fields.attribute("http.request.method", http_method_name(verb));
  fields.attribute("url.path", "/" + std::string(method));
  return {.name = "InvokeService " + call.app_id};
}

Description describe(SpanFields& fields, const StoreCall& call, const FunctionContext& context) {
  return std::visit(
      [&](const auto& each) {
        using Call = std::remove_cvref_t<decltype(each)>;
        if constexpr (std::is_same_v<Call, InvokeService>) {
          return describe(fields, each);
        } else if constexpr (std::is_same_v<Call, GetSecret>) {
          return describe_secret(fields, "GetSecret", each.store);
        } else if constexpr (std::is_same_v<Call, GetBulkSecret>) {
          return describe_secret(fields, "GetBulkSecret", each.store);
        } else if constexpr (std::is_same_v<Call, ScheduleJob>) {
          return describe_job(fields, "ScheduleJobAlpha1", each.job.name);
        } else if constexpr (std::is_same_v<Call, GetJob>) {
          return describe_job(fields, "GetJobAlpha1", each.name);
        } else if constexpr (std::is_same_v<Call, DeleteJob>) {
          return describe_job(fields, "DeleteJobAlpha1", each.name);
        } else if constexpr (std::is_same_v<Call, SendAll>) {
          return Description{.name = "send " + each.output};  // Outputs sends these
        } else {
          return describe_state(fields, use_of(each), context);
        }
      },
      call);
}

std::string_view type_of(const FunctionContext& context, std::string_view output) {
  const Output* declared = output.empty() ? nullptr : context.find_output(output);
  return declared == nullptr ? std::string_view() : declared->component_type;
}

}  // namespace

struct TracedSidecar::Open {
  SpanContext own{};
  SpanId parent{};
  std::string tracestate;
  Description description;
  std::string attributes;  // encoded
  std::size_t attribute_count = 0;
  SteadyTime began{};
};

template <class Describe, class Done, class Send>
void TracedSidecar::traced(const SidecarOptions& options, Describe describe, Done done, Send send) {
  SidecarOptions own = options;
  if (rules_.propagation.is_off()) own.traceparent = own.tracestate = {};
  const auto parent = SpanContext::parse(options.traceparent);
  if (!parent || !parent->sampled()) return send(own, std::move(done));

  auto open = std::make_unique<Open>();
  open->own = *parent;
  open->own.span_id = make_span_id(loop_.random());
  open->parent = parent->span_id;
  open->tracestate = options.tracestate;
  open->began = loop_.clock().now();
  otlp::ProtobufWriter out(open->attributes);
  SpanFields fields(out, rules_.limits);
  open->description = describe(fields);
  open->attribute_count = fields.attributes();

  const auto traceparent = open->own.traceparent();
  if (!rules_.propagation.is_off()) own.traceparent = {traceparent.data(), traceparent.size()};
  send(own, [this, open = std::move(open), done = std::move(done)](auto result) mutable {
    end(*open, result ? nullptr : &result.error());
    done(std::move(result));
  });
}

void TracedSidecar::end(const Open& open, const SidecarError* failure) {
  const SystemTime ended = loop_.system_now();
  const Duration took = loop_.now() - open.began;
  batch_.add({.own = open.own,
              .parent = open.parent,
              .tracestate = open.tracestate,
              .name = open.description.name,
              .kind = open.description.kind,
              .began = ended - std::chrono::duration_cast<SystemTime::duration>(took),
              .ended = ended},
             rules_.limits, [&](SpanFields& fields) {
               fields.encoded_attributes(open.attributes, open.attribute_count);
               if (failure == nullptr) return;
               fields.failed();
               fields.attribute("error.type", code_name(failure->error.code()));
             });
}

void TracedSidecar::invoke_binding(const BindingCall& call, const SidecarOptions& options,
                                   SidecarDone done) {
  const auto describe = [&](SpanFields& fields) {
    const std::string_view type = type_of(context_, options.output);
    const std::string_view name = options.output.empty() ? call.component : options.output;
    Description description;
    if (is_queue(type) && call.operation == "create") {
      add_message(fields, messaging_system(type), name);
      description = {.name = "send " + std::string(name), .kind = SpanKind::kProducer};
    } else {
      add_rpc(fields, "InvokeBinding");
      fields.attribute("dapr.operation", call.operation);
      description = {.name = std::string(call.operation) + " " + std::string(name)};
    }
    add_output(fields, options.output, call.component);
    return description;
  };
  traced(options, describe, std::move(done), [&](const SidecarOptions& own, SidecarDone then) {
    next_.sidecar.invoke_binding(call, own, std::move(then));
  });
}

void TracedSidecar::publish(const PublishCall& call, const SidecarOptions& options,
                            SidecarDone done) {
  const auto describe = [&](SpanFields& fields) {
    add_message(fields, messaging_system(type_of(context_, options.output)), call.topic);
    const auto id = std::ranges::find(call.metadata, "cloudevent.id", &Header::name);
    if (id != call.metadata.end())
      fields.attribute("messaging.message.id", std::string_view(id->value));
    add_output(fields, options.output, call.component);
    return Description{.name = "send " + std::string(call.topic), .kind = SpanKind::kProducer};
  };
  traced(options, describe, std::move(done), [&](const SidecarOptions& own, SidecarDone then) {
    next_.sidecar.publish(call, own, std::move(then));
  });
}

void TracedSidecar::publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                                BulkDone done) {
  const auto describe = [&](SpanFields& fields) {
    const PublishCall& first = calls.front();
    add_message(fields, messaging_system(type_of(context_, options.output)), first.topic);
    fields.attribute("messaging.batch.message_count", static_cast<std::int64_t>(calls.size()));
    add_output(fields, options.output, first.component);
    return Description{.name = "send " + std::string(first.topic), .kind = SpanKind::kProducer};
  };
  traced(options, describe, std::move(done), [&](const SidecarOptions& own, BulkDone then) {
    next_.sidecar.publish_all(calls, own, std::move(then));
  });
}

void TracedSidecar::ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) {
  const auto describe_call = [&](SpanFields& fields) { return describe(fields, call, context_); };
  traced(options, describe_call, std::move(done), [&](const SidecarOptions& own, StoreDone then) {
    next_.stores.ask(call, own, std::move(then));
  });
}

}  // namespace ofn::tracing
