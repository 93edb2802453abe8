#include "skywalking/segment_sidecar.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "context/units.h"
#include "event/inner_event.h"
#include "invocation/conventions.h"
#include "output/payload.h"
#include "tracing/state_use.h"

namespace ofn::skywalking {
namespace {

constexpr std::array kTraceableBindings = std::to_array<std::string_view>(
    {"bindings.aws.kinesis", "bindings.aws.sqs", "bindings.azure.eventgrid",
     "bindings.azure.eventhubs", "bindings.azure.servicebusqueues", "bindings.azure.storagequeues",
     "bindings.gcp.pubsub", "bindings.kafka", "bindings.rabbitmq"});

std::string_view value_of(const std::vector<Header>& metadata, std::string_view name) {
  const auto found = std::ranges::find(metadata, name, &Header::name);
  return found == metadata.end() ? std::string_view() : found->value;
}

// An event that the function has made is published as it is, and raw data as it is, too.
bool is_wrapped(const PublishCall& call) {
  return call.content_type != "application/cloudevents+json" &&
         !equal_ignoring_case(value_of(call.metadata, "rawPayload"), "true");
}

// The data's own type is kept as for every type that a broker does not carry.
void set_kept_type(PublishCall& call, std::string_view type) {
  constexpr std::string_view kText = "text/plain";
  call.content_type = kText;
  if (!type.empty() && type != kText && value_of(call.metadata, kContentTypeKey).empty())
    call.metadata.push_back({std::string(kContentTypeKey), std::string(type)});
}

}  // namespace

bool is_traceable(const Output& output) {
  return output.kind == ComponentKind::kPubsub ||
         std::ranges::find(kTraceableBindings, output.component_type) != kTraceableBindings.end();
}

struct SegmentSidecar::Target {
  std::string operation;
  std::string peer;
  Layer layer = Layer::kUnknown;
  std::vector<Field> tags{};
};

class SegmentSidecar::Leaving {
 public:
  Leaving(SegmentSidecar& of, const SidecarOptions& options, Target target) : options_(options) {
    OpenCall* const call = of.calls_.find(options.traceparent);
    if (call == nullptr) return;
    call_ = SpanContext::parse(options.traceparent)->span_id;
    correlation_ = call->correlation;
    traceparent_ = call->traceparent;
    tracestate_ = call->tracestate;
    inner_ = call->inner;
    if (!call->is_recorded) {
      sw8_ = call->passed_on;
      return;
    }
    call->is_cut = call->exits.size() >= kMaxExits;
    if (!call->is_cut) span_ = ++call->last_span;
    sw8_ = to_sw8({.trace_id = call->trace_id,
                   .segment_id = call->segment_id,
                   .span_id = span_,
                   .service = of.rules_.settings.service,
                   .instance = of.rules_.settings.instance,
                   .endpoint = call->endpoint,
                   .address = target.peer});
    if (call->is_cut) return;
    std::string tags;
    otlp::ProtobufWriter out(tags);
    SpanFields fields(out);
    for (const Field& tag : target.tags) fields.tag_if_any(tag.name, tag.value);
    call->exits.push_back({.id = span_,
                           .operation = std::move(target.operation),
                           .peer = std::move(target.peer),
                           .tags = std::move(tags),
                           .layer = target.layer,
                           .began = of.loop_.system_now()});
  }

  // For the call itself: a trace of W3C goes on as it came.
  SidecarOptions options() {
    std::size_t count = 0;
    if (!sw8_.empty()) notation_[count++] = {kSw8, sw8_};
    if (!correlation_.empty()) notation_[count++] = {kSw8Correlation, correlation_};
    SidecarOptions own = options_;
    own.notation = std::span(notation_).first(count);
    if (!call_) return own;
    own.traceparent = traceparent_;
    own.tracestate = tracestate_;
    return own;
  }

  std::vector<Header> metadata() const {
    std::vector<Header> metadata = inner_;
    if (!sw8_.empty()) metadata.push_back({std::string(kSw8), sw8_});
    if (!correlation_.empty()) metadata.push_back({std::string(kSw8Correlation), correlation_});
    return metadata;
  }

  // Ends the span before `done` runs, unless its call has ended already.
  template <class Done>
  auto ended(SegmentSidecar& of, Done done) const {
    return [&of, call = call_, span = span_, done = std::move(done)](auto result) mutable {
      if (OpenCall* const open = call && span != 0 ? of.calls_.find(*call) : nullptr) {
        const auto exit = std::ranges::find(open->exits, span, &Exit::id);
        if (exit != open->exits.end()) {
          exit->ended = of.loop_.system_now();
          exit->failed = !result.has_value();
        }
      }
      done(std::move(result));
    };
  }

 private:
  SidecarOptions options_;
  std::optional<SpanId> call_;
  std::int32_t span_ = 0;
  std::string sw8_;
  std::string correlation_;
  std::string traceparent_;
  std::string tracestate_;
  std::vector<Header> inner_;
  std::array<Field, 2> notation_{};
};

const Output* SegmentSidecar::output_of(const SidecarOptions& options) const {
  return options.output.empty() ? nullptr : context_.find_output(options.output);
}

std::string SegmentSidecar::wrapped(const Leaving& leaving, std::string_view data,
                                    std::string_view id) {
  const std::string made = id.empty() ? uuid4(loop_.random()) : std::string(id);
  return wrap_inner_event(
      {.id = made, .space = rules_.settings.space, .function = rules_.settings.function}, data,
      leaving.metadata());
}

void SegmentSidecar::invoke_binding(const BindingCall& call, const SidecarOptions& options,
                                    SidecarDone done) {
  const Output* const output = output_of(options);
  const std::string_view type = output == nullptr ? std::string_view() : output->component_type;
  const std::string name(options.output.empty() ? call.component : options.output);
  const bool is_message = is_queue(type) && call.operation == "create";
  Leaving leaving(*this, options,
                  {.operation = std::string(is_message ? "send" : call.operation) + " " + name,
                   .peer = name,
                   .layer = is_message                ? Layer::kMq
                            : type == "bindings.http" ? Layer::kHttp
                                                      : Layer::kRpc,
                   .tags = {{is_message ? "mq.queue" : "component", call.component}}});
  std::string data;
  BindingCall own{.component = call.component,
                  .operation = call.operation,
                  .data = call.data,
                  .metadata = call.metadata};
  if (output != nullptr && is_traceable(*output)) {
    data = wrapped(leaving, call.data, {});
    own.data = data;
  }
  next_.sidecar.invoke_binding(own, leaving.options(), leaving.ended(*this, std::move(done)));
}

void SegmentSidecar::publish(const PublishCall& call, const SidecarOptions& options,
                             SidecarDone done) {
  const Output* const output = output_of(options);
  Leaving leaving(*this, options,
                  {.operation = "send " + std::string(call.topic),
                   .peer = std::string(options.output.empty() ? call.topic : options.output),
                   .layer = Layer::kMq,
                   .tags = {{"mq.topic", call.topic}, {"mq.broker", call.component}}});
  if (output == nullptr || !is_wrapped(call)) {
    next_.sidecar.publish(call, leaving.options(), leaving.ended(*this, std::move(done)));
    return;
  }
  const std::string data = wrapped(leaving, call.data, value_of(call.metadata, "cloudevent.id"));
  PublishCall own = call;
  own.data = data;
  set_kept_type(own, call.content_type);
  next_.sidecar.publish(own, leaving.options(), leaving.ended(*this, std::move(done)));
}

// The items share one exit span.
void SegmentSidecar::publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                                 BulkDone done) {
  const Output* const output = output_of(options);
  const PublishCall& first = calls.front();
  Leaving leaving(*this, options,
                  {.operation = "send " + std::string(first.topic),
                   .peer = std::string(options.output.empty() ? first.topic : options.output),
                   .layer = Layer::kMq,
                   .tags = {{"mq.topic", first.topic}, {"mq.broker", first.component}}});
  std::vector<PublishCall> own(calls.begin(), calls.end());
  std::deque<std::string> data;
  for (PublishCall& call : own) {
    if (output == nullptr || !is_wrapped(call)) continue;
    data.push_back(wrapped(leaving, call.data, value_of(call.metadata, "cloudevent.id")));
    call.data = data.back();
    set_kept_type(call, std::exchange(call.content_type, {}));
  }
  next_.sidecar.publish_all(own, leaving.options(), leaving.ended(*this, std::move(done)));
}

SegmentSidecar::Target SegmentSidecar::job_target(std::string_view method, std::string_view job) {
  return {.operation = std::string(method),
          .peer = "jobs",
          .layer = Layer::kRpc,
          .tags = {{"job", job}}};
}

void SegmentSidecar::ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) {
  Target target = std::visit(
      [this](const auto& each) -> Target {
        using Call = std::remove_cvref_t<decltype(each)>;
        if constexpr (std::is_same_v<Call, InvokeService>) {
          return {.operation = "InvokeService " + each.app_id,
                  .peer = each.app_id,
                  .layer = Layer::kHttp,
                  .tags = {{"http.method", each.verb}}};
        } else if constexpr (std::is_same_v<Call, GetSecret>) {
          return {.operation = "GetSecret " + each.store, .peer = each.store, .layer = Layer::kRpc};
        } else if constexpr (std::is_same_v<Call, GetBulkSecret>) {
          return {
              .operation = "GetBulkSecret " + each.store, .peer = each.store, .layer = Layer::kRpc};
        } else if constexpr (std::is_same_v<Call, ScheduleJob>) {
          return job_target("ScheduleJobAlpha1", each.job.name);
        } else if constexpr (std::is_same_v<Call, GetJob>) {
          return job_target("GetJobAlpha1", each.name);
        } else if constexpr (std::is_same_v<Call, DeleteJob>) {
          return job_target("DeleteJobAlpha1", each.name);
        } else if constexpr (std::is_same_v<Call, SendAll>) {
          return Target{.operation = "send " + each.output,
                        .peer = each.output};  // Outputs sends these
        } else {
          const tracing::StateUse use = tracing::use_of(each);
          return {.operation = std::string(use.operation) + " " + std::string(use.store),
                  .peer = std::string(use.store),
                  .layer = Layer::kDatabase,
                  .tags = {{"db.type", database_system(tracing::store_type(context_, use.store))}}};
        }
      },
      call);
  Leaving leaving(*this, options, std::move(target));
  next_.stores.ask(call, leaving.options(), leaving.ended(*this, std::move(done)));
}

}  // namespace ofn::skywalking
