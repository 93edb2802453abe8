#include "dapr/app_server.h"

#include <concepts>
#include <memory>
#include <utility>

#include "base/secret.h"
#include "dapr/codec.h"
#include "dapr/delivered_event.h"
#include "dapr/invoke_codec.h"
#include "dapr/trace_context.h"

namespace ofn::dapr {
namespace {

namespace grpc = wire::grpc;
using CallPtr = std::unique_ptr<grpc::ServerCall>;

// Sends only the error's message, because its context may contain facts that the sidecar should not
// know.
grpc::Status to_status(const Error& error) {
  const Code code = error.code() == Code::kUnimplemented ? Code::kUnknown : error.code();
  return {.code = code, .message = error.message()};
}

class GrpcAppCall final : public AppCall {
 public:
  explicit GrpcAppCall(CallPtr call) : call_(std::move(call)) {}

  Deadline deadline() const override { return call_->deadline(); }
  std::string traceparent() const override {
    if (const auto text = call_->metadata("traceparent")) return std::string(*text);
    // If an input binding starts the trace, daprd sends only the binary form.
    const auto binary = call_->binary_metadata("grpc-trace-bin");
    return binary ? traceparent_of(binary->front()).value_or("") : "";
  }
  std::string tracestate() const override {
    return std::string(call_->metadata("tracestate").value_or(""));
  }
  std::string baggage() const override {
    return std::string(call_->metadata("baggage").value_or(""));
  }
  void on_cancelled(std::function<void()> callback) override {
    call_->on_cancelled(std::move(callback));
  }
  void acknowledge(TopicStatus status) override { call_->respond({}, encode(status)); }
  void acknowledge(const std::vector<BulkStatus>& statuses) override {
    call_->respond({}, encode(statuses));
  }
  void fail(const Error& error) override { call_->respond(to_status(error), ""); }

 private:
  CallPtr call_;
};

// Decodes the message and calls the AppApi.
template <class Event>
grpc::Method delivering(AppApi& api, Result<Event> (*decode)(std::string_view),
                        void (AppApi::*deliver)(Event, AppCallPtr)) {
  return [&api, decode, deliver](CallPtr call) {
    Result<Event> event = decode(call->request());
    if (!event) {
      call->respond(to_status(event.error()), "");
      return api.on_unreadable(event.error().with("method", std::string(call->path())));
    }
    // The entries of a bulk, and a binding's message, contain their own metadata.
    if constexpr (std::same_as<Event, TopicEvent>)
      event->metadata = message_metadata(call->metadata());
    (api.*deliver)(*std::move(event), std::make_unique<GrpcAppCall>(std::move(call)));
  };
}

// Serves a call whose message has no fields that are used. The message is decoded to check it.
template <class Answer>
grpc::Method asking(Answer answer) {
  return [answer](CallPtr call) {
    if (const auto read = decode_empty(call->request()); !read)
      return call->respond(to_status(read.error()), "");
    answer(*call);
  };
}

void check_health(const AppApi& api, grpc::ServerCall& call) {
  const auto service = decode_health_request(call.request());
  if (!service) return call.respond(to_status(service.error()), "");
  // Only the whole server has a health state.
  if (!service->empty())
    return call.respond({.code = Code::kNotFound, .message = "unknown service"}, "");
  call.respond({}, encode(api.ready() ? Health::kServing : Health::kNotServing));
}

}  // namespace

AppServer::AppServer(AppApi& api, AppServerOptions options)
    : options_(std::move(options)), server_({.max_message = options_.max_message}) {
  add(kListTopicSubscriptions,
      asking([&api](grpc::ServerCall& call) { call.respond({}, encode(api.subscriptions())); }));
  add(kListInputBindings, asking([&api](grpc::ServerCall& call) {
        api.on_asked_for_bindings();
        call.respond({}, encode_input_bindings(api.input_bindings()));
      }));
  add(kAppHealthCheck, asking([&api](grpc::ServerCall& call) {
        if (api.ready()) return call.respond({}, encode_empty());
        call.respond({.code = Code::kUnavailable, .message = "the server is stopping"}, "");
      }));
  add(kOnTopicEvent, delivering(api, &decode_topic_event, &AppApi::on_topic_event));
  add(kOnBulkTopicEvent, delivering(api, &decode_bulk_event, &AppApi::on_bulk_event));
  add(kOnBindingEvent, delivering(api, &decode_binding_event, &AppApi::on_binding_event));
  add_requests(kOnInvoke, &answer_invocation);
  add_requests(kOnJobEvent, &answer_job);
  server_.add(std::string(kGrpcHealthCheck), [&api](CallPtr call) { check_health(api, *call); });
}

void AppServer::add(std::string_view path, grpc::Method method) {
  server_.add(std::string(path), [this, method = std::move(method)](CallPtr call) {
    if (!options_.api_token.empty() &&
        !same_secret(call->metadata("dapr-api-token").value_or(""), options_.api_token)) {
      return call->respond(
          {.code = Code::kUnauthenticated, .message = "dapr-api-token is missing or wrong"}, "");
    }
    method(std::move(call));
  });
}

void AppServer::add_requests(std::string_view path, Answer answer) {
  add(path, [this, answer](CallPtr call) {
    if (options_.requests == nullptr)
      return call->respond({.code = Code::kUnimplemented, .message = options_.no_requests}, "");
    answer(std::move(call), *options_.requests,
           {.target = options_.max_target, .answer = options_.max_message});
  });
}

bool AppServer::is_grpc(const wire::Message& message) {
  if (message.version != wire::Version::kHttp2) return false;
  const Field* type = find_field(message.fields, "content-type");
  return type != nullptr && grpc::is_grpc_content_type(type->value);
}

bool AppServer::is_always_answered(const wire::Message& message) {
  if (message.version != wire::Version::kHttp2) return false;  // most requests need no more
  const std::string_view target = message.target;
  return (target == kGrpcHealthCheck || target == kOnInvoke || target == kOnJobEvent) &&
         is_grpc(message);
}

}  // namespace ofn::dapr
