// A sidecar's calls to its app (Dapr's app callbacks and gRPC's health check), as plain values and
// as bytes, for both ends: an app decodes requests and encodes replies, a sidecar does the reverse.
// Only the .cc file includes protobuf.
//
//   Result<TopicEvent> event = decode_topic_event(bytes);           // the app's end
//   call->respond({}, encode(TopicStatus::kSuccess));
//
//   Result<std::string> bytes = encode(BindingEvent{.component = "tick"});  // the sidecar's end
//
// An empty reply to a topic's event means SUCCESS, so it must not be sent by accident.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"

namespace ofn::dapr {

// The methods, as HTTP/2 paths.
inline constexpr std::string_view kListTopicSubscriptions =
    "/dapr.proto.runtime.v1.AppCallback/ListTopicSubscriptions";
inline constexpr std::string_view kOnTopicEvent = "/dapr.proto.runtime.v1.AppCallback/OnTopicEvent";
inline constexpr std::string_view kOnBulkTopicEvent =
    "/dapr.proto.runtime.v1.AppCallbackAlpha/OnBulkTopicEventAlpha1";
inline constexpr std::string_view kListInputBindings =
    "/dapr.proto.runtime.v1.AppCallback/ListInputBindings";
inline constexpr std::string_view kOnBindingEvent =
    "/dapr.proto.runtime.v1.AppCallback/OnBindingEvent";
inline constexpr std::string_view kAppHealthCheck =
    "/dapr.proto.runtime.v1.AppCallbackHealthCheck/HealthCheck";
inline constexpr std::string_view kGrpcHealthCheck = "/grpc.health.v1.Health/Check";

// (Members of values have initializers, so that `BindingEvent{.component = "tick"}` is complete.)

// A topic to which the app subscribes, and the details of the subscription.
struct Subscription {
  // If the CEL expression `match` is true for an event, the event comes with this path.
  struct Rule {
    std::string match{};
    std::string path{};
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  // The maximum number of messages in one OnBulkTopicEvent; 0 means the sidecar's default.
  struct Bulk {
    std::int32_t max_messages = 0;
    std::int32_t max_await_ms = 0;
    friend bool operator==(const Bulk&, const Bulk&) = default;
  };

  std::string component{};
  std::string topic{};
  std::vector<Header> metadata{};  // rawPayload=true: the published messages are not CloudEvents
  std::vector<Rule> rules{};
  std::string path{};               // for events that no rule matches; may be empty
  std::string dead_letter_topic{};  // may be empty
  std::optional<Bulk> bulk{};       // nullopt: each message comes in its own call
};

// One message of a topic: a CloudEvent and its origin.
struct TopicEvent {
  std::string id{};
  std::string source{};
  std::string type{};
  std::string spec_version{};
  std::string content_type{};
  std::string data{};  // bytes
  std::string topic{};
  std::string component{};
  std::string path{};  // the rule's or the subscription's; often empty
  // Texts; decoded numbers and booleans are in JSON's notation. Other JSON values are left out,
  // because a CloudEvent's attribute cannot have such a value.
  std::vector<Header> extensions{};
  // A JSON object of the extensions that are not texts. A sidecar sends them with their types,
  // instead of the texts above. It is only encoded.
  std::string typed_extensions{};
  // The broker's metadata of the message. It is sent beside the message (delivered_event.h), and
  // not in it.
  std::vector<Header> metadata{};
};

enum class TopicStatus : std::uint8_t { kSuccess, kRetry, kDrop };

// Several messages of one topic.
struct BulkEvent {
  struct Entry {
    std::string entry_id{};
    std::string content_type{};
    std::vector<Header> metadata{};
    std::optional<TopicEvent> event{};  // without topic, component and path; nullopt: raw `bytes`
    std::string bytes{};
  };
  std::string id{};
  std::vector<Entry> entries{};
  std::vector<Header> metadata{};
  std::string topic{};
  std::string component{};
  std::string type{};
  std::string path{};
};
struct BulkStatus {
  std::string entry_id{};
  TopicStatus status = TopicStatus::kSuccess;
  friend bool operator==(const BulkStatus&, const BulkStatus&) = default;
};

// One delivery of an input binding.
struct BindingEvent {
  std::string component{};
  std::string data{};  // bytes; often empty, for example from cron
  std::vector<Header> metadata{};
};
// An app's reply; its `data` is for each of the output bindings `to`.
struct BindingEventReply {
  std::string data{};
  std::vector<std::string> to{};
};

enum class Health : std::uint8_t { kUnknown, kServing, kNotServing, kServiceUnknown };

// Requests. Errors: kInvalidArgument if a text is not UTF-8 (the message names it) or the message
// is too large for protobuf (2 GiB). For a request without fields, use encode_empty() of codec.h.
Result<std::string> encode(const TopicEvent& event);
Result<std::string> encode(const BulkEvent& event);
Result<std::string> encode(const BindingEvent& event);
std::string encode_health_request(std::string_view service);

// Errors of all decoders: kInternal, with the message that a gRPC server would use.
Result<TopicEvent> decode_topic_event(std::string_view bytes);
Result<BulkEvent> decode_bulk_event(std::string_view bytes);
Result<BindingEvent> decode_binding_event(std::string_view bytes);
// Returns the service that is asked about; empty for the whole server.
Result<std::string> decode_health_request(std::string_view bytes);

// Replies. Their texts come from the app and are UTF-8.
std::string encode(const std::vector<Subscription>& subscriptions);
std::string encode_input_bindings(const std::vector<std::string>& components);
std::string encode(TopicStatus status);
std::string encode(const std::vector<BulkStatus>& statuses);
std::string encode(const BindingEventReply& reply);
std::string encode(Health health);

Result<std::vector<Subscription>> decode_subscriptions(std::string_view bytes);
Result<std::vector<std::string>> decode_input_bindings(std::string_view bytes);
// An unknown status counts as kRetry, as in daprd.
Result<TopicStatus> decode_topic_status(std::string_view bytes);
Result<std::vector<BulkStatus>> decode_bulk_statuses(std::string_view bytes);
Result<BindingEventReply> decode_binding_event_reply(std::string_view bytes);
Result<Health> decode_health(std::string_view bytes);

}  // namespace ofn::dapr
