#include "localdapr/app/grpc_app_channel.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dapr/codec.h"
#include "dapr/trace_context.h"
#include "wire/grpc/codec.h"

namespace ofn::localdapr {
namespace {

namespace grpc = wire::grpc;
using Verdict = AppAnswer::Verdict;

constexpr std::chrono::seconds kListTime(3);  // daprd's

// Returns a message's metadata as fields of the call that delivers it. As in daprd, the names are
// in lower case. Entries that cannot be fields of gRPC are left out (with them, daprd's call would
// fail each time).
std::vector<Header> fields_of(const std::vector<Header>& metadata) {
  std::vector<Header> fields;
  for (const Header& entry : metadata) {
    std::string name = entry.name;
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const bool is_the_calls = name == "content-type" || name == "content-length" ||
                              name == "dapr-api-token" || name == "grpc-trace-bin" ||
                              name == "te" || name == "user-agent";
    if (is_the_calls || !grpc::valid_metadata_name(name) ||
        (!grpc::is_binary(name) && !grpc::valid_metadata_value(entry.value))) {
      continue;
    }
    fields.push_back({std::move(name), entry.value});
  }
  return fields;
}

bool is_unreachable(const grpc::CallResult& result) {
  return result.status.code == Code::kUnavailable && result.reach == grpc::Reach::kNever;
}

AppAnswer not_taken(const grpc::CallResult& result) {
  return {.verdict = is_unreachable(result) ? Verdict::kUnreachable : Verdict::kRefused,
          .why = std::string(code_name(result.status.code)) + " " + result.status.message};
}

}  // namespace

GrpcAppChannel::GrpcAppChannel(Loop& loop, const wire::Endpoint& app, const wire::Limits& limits,
                               std::string api_token)
    : loop_(loop),
      api_token_(std::move(api_token)),
      channel_(loop, grpc::connector_to(loop, app, limits),
               {.authority = app.text(), .max_backoff = std::chrono::seconds(1)}) {}

void GrpcAppChannel::call(std::string_view path, const Result<std::string>& request,
                          Deadline deadline, std::string_view traceparent, grpc::CallDone done,
                          std::span<const Header> metadata) {
  std::vector<Field> fields;
  if (!api_token_.empty()) fields.push_back({"dapr-api-token", api_token_});
  const auto trace = dapr::trace_bin(traceparent);
  if (trace) fields.push_back({"grpc-trace-bin", *trace});
  for (const Header& entry : metadata) fields.push_back({entry.name, entry.value});
  if (!request) {
    return loop_.post([error = request.error(), done = std::move(done)]() mutable {
      done({.status = {.code = error.code(), .message = error.message()}});
    });
  }
  channel_.call(path, *request, {.deadline = deadline, .metadata = fields}, std::move(done));
}

template <class T>
void GrpcAppChannel::list(std::string_view path, Result<T> (*decode)(std::string_view),
                          Listed<T> done) {
  call(path, dapr::encode_empty(), Deadline(loop_.now() + kListTime), {},
       [decode, done = std::move(done)](const grpc::CallResult& result) mutable {
         // An app that stops or hangs before it answers has not answered with an empty list.
         if (result.status.code == Code::kUnavailable ||
             result.status.code == Code::kDeadlineExceeded) {
           return done(fail(Code::kUnavailable, result.status.message));
         }
         // As in daprd, any other error means an empty list.
         auto listed = result.status.ok() ? decode(result.message) : Result<T>();
         done(listed ? std::move(listed) : Result<T>());
       });
}

void GrpcAppChannel::list_subscriptions(Listed<std::vector<dapr::Subscription>> done) {
  list(dapr::kListTopicSubscriptions, dapr::decode_subscriptions, std::move(done));
}

void GrpcAppChannel::list_inputs(const std::vector<std::string>& /*offered*/,
                                 Listed<std::vector<std::string>> done) {
  list(dapr::kListInputBindings, dapr::decode_input_bindings, std::move(done));
}

void GrpcAppChannel::deliver(const dapr::BindingEvent& event, Answered done) {
  call(dapr::kOnBindingEvent, dapr::encode(event), Deadline::never(), {},
       [done = std::move(done)](const grpc::CallResult& result) mutable {
         if (!result.status.ok()) return done(not_taken(result));
         auto reply = dapr::decode_binding_event_reply(result.message);
         if (!reply) return done({.verdict = Verdict::kRefused, .why = reply.error().message()});
         done({.reply = *std::move(reply)});
       });
}

void GrpcAppChannel::deliver(const TopicMessage& message, Answered done) {
  const std::vector<Header> metadata = fields_of(message.metadata);
  call(
      dapr::kOnTopicEvent, dapr::encode(message.event), Deadline::never(), message.traceparent,
      [done = std::move(done)](const grpc::CallResult& result) mutable {
        if (result.status.code == Code::kUnimplemented) {
          // daprd takes this for a message that can never be processed, and drops it without a dead
          // letter.
          return done({.why = "dropped: " + result.status.message});
        }
        if (!result.status.ok()) return done(not_taken(result));
        const auto status = dapr::decode_topic_status(result.message);
        if (!status) return done({.verdict = Verdict::kRefused, .why = status.error().message()});
        switch (*status) {
          case dapr::TopicStatus::kSuccess:
            return done({});
          case dapr::TopicStatus::kDrop:
            return done({.verdict = Verdict::kDropped, .why = "the app said DROP"});
          case dapr::TopicStatus::kRetry:
            break;
        }
        done({.verdict = Verdict::kRefused, .why = "the app said RETRY"});
      },
      metadata);
}

}  // namespace ofn::localdapr
