#include "dapr/app_codec.h"

#include <app_callback.pb.h>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <health.pb.h>
#include <utility>
#include <well_known.pb.h>

#include "dapr/message.h"
#include "document/json.h"

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;
namespace health = ::grpc::health::v1;
using ofn::well_known::Struct;
using ofn::well_known::Value;

// Returns a number as JSON writes it: the shortest form, and a whole number with all its digits.
std::string number_text(double number) {
  constexpr double kExact = 9007199254740992;  // above 2⁵³ a double does not have all digits
  if (std::abs(number) < kExact && std::trunc(number) == number)
    return std::to_string(static_cast<std::int64_t>(number));
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end};
}

std::vector<Header> take_extensions(Struct& extensions) {
  std::vector<Header> headers;
  headers.reserve(extensions.fields().size());
  for (auto& [name, value] : *extensions.mutable_fields()) {
    switch (value.kind_case()) {
      case Value::kStringValue:
        headers.push_back({name, std::move(*value.mutable_string_value())});
        break;
      case Value::kNumberValue:
        headers.push_back({name, number_text(value.number_value())});
        break;
      case Value::kBoolValue:
        headers.push_back({name, value.bool_value() ? "true" : "false"});
        break;
      default:
        break;
    }
  }
  return headers;
}

// Recurses as deep as the tree nests.
void to_value(const document::Node& node, Value& value) {  // NOLINT(misc-no-recursion)
  using Kind = document::Node::Kind;
  switch (node.kind()) {
    case Kind::kObject:
      value.mutable_struct_value();
      for (const document::Node& member : node.children())
        to_value(member, (*value.mutable_struct_value()->mutable_fields())[member.key()]);
      return;
    case Kind::kList:
      value.mutable_list_value();
      for (const document::Node& item : node.children())
        to_value(item, *value.mutable_list_value()->add_values());
      return;
    case Kind::kText:
      return value.set_string_value(node.text());
    case Kind::kBool:
      return value.set_bool_value(node.text() == "true");
    case Kind::kNull:
      return value.set_null_value(ofn::well_known::NULL_VALUE);
    case Kind::kNumber:
      return value.set_number_value(node.real());
  }
}

void fill_typed_extensions(std::string_view text, Struct& extensions) {
  if (text.empty()) return;
  const auto values = document::json_value(text);
  if (!values || !values->is(document::Node::Kind::kObject)) return;
  for (const document::Node& value : values->children())
    to_value(value, (*extensions.mutable_fields())[value.key()]);
}

// The fields that OnTopicEvent's message and a bulk entry's event have in common.
template <class Message>
void fill_event(Message& message, const TopicEvent& event) {
  message.set_id(event.id);
  message.set_source(event.source);
  message.set_type(event.type);
  message.set_spec_version(event.spec_version);
  message.set_data_content_type(event.content_type);
  message.set_data(event.data);
  for (const Header& extension : event.extensions) {
    (*message.mutable_extensions()->mutable_fields())[extension.name].set_string_value(
        extension.value);
  }
  if (!event.typed_extensions.empty())
    fill_typed_extensions(event.typed_extensions, *message.mutable_extensions());
}

template <class Message>
TopicEvent take_event(Message& message) {
  TopicEvent event;
  event.id = std::move(*message.mutable_id());
  event.source = std::move(*message.mutable_source());
  event.type = std::move(*message.mutable_type());
  event.spec_version = std::move(*message.mutable_spec_version());
  event.content_type = std::move(*message.mutable_data_content_type());
  event.data = std::move(*message.mutable_data());
  if (message.has_extensions()) event.extensions = take_extensions(*message.mutable_extensions());
  return event;
}

std::optional<Error> bad_event_text(const TopicEvent& event) {
  return bad_text({{"the event's id", event.id},
                   {"the event's source", event.source},
                   {"the event's type", event.type},
                   {"the event's specversion", event.spec_version},
                   {"the event's content type", event.content_type},
                   {"the topic", event.topic},
                   {"the component's name", event.component},
                   {"the path", event.path}},
                  event.extensions);
}

pb::TopicEventResponse::TopicEventResponseStatus to_proto(TopicStatus status) {
  switch (status) {
    case TopicStatus::kSuccess:
      return pb::TopicEventResponse::SUCCESS;
    case TopicStatus::kDrop:
      return pb::TopicEventResponse::DROP;
    case TopicStatus::kRetry:
      break;
  }
  return pb::TopicEventResponse::RETRY;
}

TopicStatus from_proto(int status) {
  switch (status) {
    case pb::TopicEventResponse::SUCCESS:
      return TopicStatus::kSuccess;
    case pb::TopicEventResponse::DROP:
      return TopicStatus::kDrop;
    default:
      return TopicStatus::kRetry;
  }
}

}  // namespace

// --- requests ------------------------------------------------------------------------------------

Result<std::string> encode(const TopicEvent& event) {
  if (auto bad = bad_event_text(event)) return std::unexpected(*std::move(bad));
  pb::TopicEventRequest message;
  fill_event(message, event);
  message.set_topic(event.topic);
  message.set_pubsub_name(event.component);
  message.set_path(event.path);
  return serialize(message);
}

Result<TopicEvent> decode_topic_event(std::string_view bytes) {
  auto message = parse<pb::TopicEventRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  TopicEvent event = take_event(*message);
  event.topic = std::move(*message->mutable_topic());
  event.component = std::move(*message->mutable_pubsub_name());
  event.path = std::move(*message->mutable_path());
  return event;
}

Result<std::string> encode(const BulkEvent& event) {
  if (auto bad = bad_text({{"the delivery's id", event.id},
                           {"the topic", event.topic},
                           {"the component's name", event.component},
                           {"the delivery's type", event.type},
                           {"the path", event.path}},
                          event.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::TopicEventBulkRequest message;
  message.set_id(event.id);
  message.set_topic(event.topic);
  message.set_pubsub_name(event.component);
  message.set_type(event.type);
  message.set_path(event.path);
  fill(*message.mutable_metadata(), event.metadata);
  for (const BulkEvent::Entry& entry : event.entries) {
    auto bad = bad_text(
        {{"an entry's id", entry.entry_id}, {"an entry's content type", entry.content_type}},
        entry.metadata);
    if (!bad && entry.event) bad = bad_event_text(*entry.event);
    if (bad) return std::unexpected(*std::move(bad));
    pb::TopicEventBulkRequestEntry& added = *message.add_entries();
    added.set_entry_id(entry.entry_id);
    added.set_content_type(entry.content_type);
    fill(*added.mutable_metadata(), entry.metadata);
    if (entry.event) {
      fill_event(*added.mutable_cloud_event(), *entry.event);
    } else {
      added.set_bytes(entry.bytes);
    }
  }
  return serialize(message);
}

Result<BulkEvent> decode_bulk_event(std::string_view bytes) {
  auto message = parse<pb::TopicEventBulkRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  BulkEvent event{.id = std::move(*message->mutable_id()),
                  .entries = {},
                  .metadata = take(*message->mutable_metadata()),
                  .topic = std::move(*message->mutable_topic()),
                  .component = std::move(*message->mutable_pubsub_name()),
                  .type = std::move(*message->mutable_type()),
                  .path = std::move(*message->mutable_path())};
  event.entries.reserve(static_cast<std::size_t>(message->entries_size()));
  for (pb::TopicEventBulkRequestEntry& entry : *message->mutable_entries()) {
    BulkEvent::Entry& added = event.entries.emplace_back(
        std::move(*entry.mutable_entry_id()), std::move(*entry.mutable_content_type()),
        take(*entry.mutable_metadata()), std::nullopt, std::string());
    if (entry.has_cloud_event()) {
      added.event = take_event(*entry.mutable_cloud_event());
    } else if (entry.has_bytes()) {
      added.bytes = std::move(*entry.mutable_bytes());
    }
  }
  return event;
}

Result<std::string> encode(const BindingEvent& event) {
  if (auto bad = bad_text({{"the component's name", event.component}}, event.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::BindingEventRequest message;
  message.set_name(event.component);
  message.set_data(event.data);
  fill(*message.mutable_metadata(), event.metadata);
  return serialize(message);
}

Result<BindingEvent> decode_binding_event(std::string_view bytes) {
  auto message = parse<pb::BindingEventRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return BindingEvent{.component = std::move(*message->mutable_name()),
                      .data = std::move(*message->mutable_data()),
                      .metadata = take(*message->mutable_metadata())};
}

std::string encode_health_request(std::string_view service) {
  health::HealthCheckRequest message;
  message.set_service(service.data(), service.size());
  return message.SerializeAsString();
}

Result<std::string> decode_health_request(std::string_view bytes) {
  auto message = parse<health::HealthCheckRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return std::move(*message->mutable_service());
}

// --- replies -------------------------------------------------------------------------------------

std::string encode(const std::vector<Subscription>& subscriptions) {
  pb::ListTopicSubscriptionsResponse message;
  for (const Subscription& subscription : subscriptions) {
    pb::TopicSubscription& added = *message.add_subscriptions();
    added.set_pubsub_name(subscription.component);
    added.set_topic(subscription.topic);
    fill(*added.mutable_metadata(), subscription.metadata);
    for (const Subscription::Rule& rule : subscription.rules) {
      pb::TopicRule& to = *added.mutable_routes()->add_rules();
      to.set_match(rule.match);
      to.set_path(rule.path);
    }
    if (!subscription.path.empty()) added.mutable_routes()->set_default_(subscription.path);
    added.set_dead_letter_topic(subscription.dead_letter_topic);
    if (subscription.bulk) {
      pb::BulkSubscribeConfig& bulk = *added.mutable_bulk_subscribe();
      bulk.set_enabled(true);
      bulk.set_max_messages_count(subscription.bulk->max_messages);
      bulk.set_max_await_duration_ms(subscription.bulk->max_await_ms);
    }
  }
  return message.SerializeAsString();
}

Result<std::vector<Subscription>> decode_subscriptions(std::string_view bytes) {
  auto message = parse<pb::ListTopicSubscriptionsResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  std::vector<Subscription> subscriptions;
  for (pb::TopicSubscription& from : *message->mutable_subscriptions()) {
    Subscription& to = subscriptions.emplace_back();
    to.component = std::move(*from.mutable_pubsub_name());
    to.topic = std::move(*from.mutable_topic());
    to.metadata = take(*from.mutable_metadata());
    if (from.has_routes()) {
      for (pb::TopicRule& rule : *from.mutable_routes()->mutable_rules()) {
        to.rules.push_back({std::move(*rule.mutable_match()), std::move(*rule.mutable_path())});
      }
      to.path = std::move(*from.mutable_routes()->mutable_default_());
    }
    to.dead_letter_topic = std::move(*from.mutable_dead_letter_topic());
    if (from.bulk_subscribe().enabled()) {
      to.bulk = {.max_messages = from.bulk_subscribe().max_messages_count(),
                 .max_await_ms = from.bulk_subscribe().max_await_duration_ms()};
    }
  }
  return subscriptions;
}

std::string encode_input_bindings(const std::vector<std::string>& components) {
  pb::ListInputBindingsResponse message;
  for (const std::string& component : components) message.add_bindings(component);
  return message.SerializeAsString();
}

Result<std::vector<std::string>> decode_input_bindings(std::string_view bytes) {
  auto message = parse<pb::ListInputBindingsResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return std::vector<std::string>(message->bindings().begin(), message->bindings().end());
}

std::string encode(TopicStatus status) {
  pb::TopicEventResponse message;
  message.set_status(to_proto(status));
  return message.SerializeAsString();
}

Result<TopicStatus> decode_topic_status(std::string_view bytes) {
  auto message = parse<pb::TopicEventResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return from_proto(message->status());
}

std::string encode(const std::vector<BulkStatus>& statuses) {
  pb::TopicEventBulkResponse message;
  for (const BulkStatus& status : statuses) {
    pb::TopicEventBulkResponseEntry& added = *message.add_statuses();
    added.set_entry_id(status.entry_id);
    added.set_status(to_proto(status.status));
  }
  return message.SerializeAsString();
}

Result<std::vector<BulkStatus>> decode_bulk_statuses(std::string_view bytes) {
  auto message = parse<pb::TopicEventBulkResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  std::vector<BulkStatus> statuses;
  for (pb::TopicEventBulkResponseEntry& entry : *message->mutable_statuses()) {
    statuses.push_back({std::move(*entry.mutable_entry_id()), from_proto(entry.status())});
  }
  return statuses;
}

std::string encode(const BindingEventReply& reply) {
  pb::BindingEventResponse message;
  message.set_data(reply.data);
  for (const std::string& component : reply.to) message.add_to(component);
  return message.SerializeAsString();
}

Result<BindingEventReply> decode_binding_event_reply(std::string_view bytes) {
  auto message = parse<pb::BindingEventResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return BindingEventReply{.data = std::move(*message->mutable_data()),
                           .to = {message->to().begin(), message->to().end()}};
}

std::string encode(Health status) {
  health::HealthCheckResponse message;
  // Both enums have the same numbers.
  message.set_status(static_cast<health::HealthCheckResponse::ServingStatus>(status));
  return message.SerializeAsString();
}

Result<Health> decode_health(std::string_view bytes) {
  auto message = parse<health::HealthCheckResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  switch (message->status()) {
    case health::HealthCheckResponse::SERVING:
      return Health::kServing;
    case health::HealthCheckResponse::NOT_SERVING:
      return Health::kNotServing;
    case health::HealthCheckResponse::SERVICE_UNKNOWN:
      return Health::kServiceUnknown;
    default:
      return Health::kUnknown;
  }
}

}  // namespace ofn::dapr
