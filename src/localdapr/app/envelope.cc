#include "localdapr/app/envelope.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "dapr/trace_context.h"
#include "localdapr/go/go_json.h"
#include "localdapr/go/go_text.h"
#include "localdapr/go/rfc3339.h"

namespace ofn::localdapr {
namespace {

constexpr std::string_view kDefaultType = "com.dapr.event.sent";
constexpr std::string_view kDefaultSource = "Dapr";
constexpr std::string_view kOctetStream = "application/octet-stream";

// Compares only the part before ';', untrimmed.
bool is_type(std::string_view content_type, std::string_view expected) {
  return same_field_name(content_type, expected) ||
         same_field_name(content_type.substr(0, content_type.find(';')), expected);
}

bool is_text(std::string_view content_type) {
  return same_field_name(content_type.substr(0, 5), "text/") ||
         is_type(content_type, "application/xml");
}

// Returns the value of metadata that overrides a part of the envelope. The name is compared without
// case.
std::string_view override_of(const dapr::PublishRequest& request, std::string_view name) {
  for (const Header& entry : request.metadata) {
    if (same_field_name(entry.name, name)) return entry.value;
  }
  return {};
}

std::string hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; value >>= 4U) text[i] = kDigits[value & 0xfU];
  return text;
}

// Returns a new span in the caller's trace, or in a new trace.
std::string child_traceparent(std::string_view parent, Random& random) {
  const std::string span = hex(random() | 1U);
  if (dapr::trace_bin(parent)) {
    std::string child(parent.substr(0, 55));
    return child.replace(36, span.size(), span);
  }
  return "00-" + hex(random() | 1U) + hex(random()) + "-" + span + "-00";
}

void set_expiration(Node& event, const dapr::PublishRequest& request, SystemTime now) {
  std::string_view text = override_of(request, "ttl");
  if (text.empty()) text = override_of(request, "ttlInSeconds");
  const auto life = text.empty() ? std::nullopt : go_duration(text);
  if (!life || life->count() <= 0) return;
  event.set("expiration", rfc3339(now + std::chrono::duration_cast<SystemTime::duration>(*life)));
}

// Sets the data of a published message in its envelope.
void set_data(Node& event, const dapr::PublishRequest& request, const std::string& type) {
  if (is_type(type, kOctetStream)) {
    event.set("data_base64", base64_encode(request.data));
    return;
  }
  if (is_type(type, "application/json")) {
    if (auto json = parse_json_prefix(request.data)) {
      event.set("data", *std::move(json));
      return;
    }
  }
  event.set("data", request.data);
}

std::string text_of(const Node& event, std::string_view name) {
  return std::string(event.find_text(name));
}

// Reads the event's data in the form that an app gets over gRPC. Spec: dapr,
// GRPCEnvelopeFromSubscriptionMessage.
void take_data(const Node& event, TopicMessage& message) {
  const std::string_view type = message.event.content_type;
  if (const Node* base64 = event.find_value("data_base64")) {
    auto bytes =
        base64->is(Node::Kind::kText) ? go_base64(base64->text()) : std::optional<std::string>();
    if (!bytes) {
      message.unreadable = "data_base64 is not base64 text";
      return;
    }
    message.event.data = *std::move(bytes);
    return;
  }
  const Node* data = event.find_value("data");
  if (data == nullptr) return;
  if (is_text(type)) {
    if (data->is(Node::Kind::kText)) {
      message.event.data = data->text();
    } else {
      message.unreadable = "datacontenttype is a text type, but data is not a text";
    }
  } else if (is_type(type, "application/json") || is_type(type, "application/cloudevents+json")) {
    message.event.data = write_json(*data, GoNumbers::kFloat64);
  } else {
    message.loses_data = true;
  }
}

// If an event has no trace, its metadata may have one.
void take_trace(const std::vector<Header>& metadata, Node& event) {
  const auto take = [&](std::string_view name) {
    const auto found = std::ranges::find(metadata, name, &Header::name);
    if (found == metadata.end() || event.find(name) != nullptr) return false;
    event.set(name, found->value);
    return true;
  };
  take("traceid");
  if (take("traceparent")) event.set("traceid", *event.find("traceparent"));
  take("tracestate");
}

bool is_extension(std::string_view name) {
  constexpr std::array<std::string_view, 7> kCore = {
      "id", "source", "type", "specversion", "datacontenttype", "data", "data_base64"};
  for (std::string_view core : kCore) {
    if (name == core) return false;
  }
  return true;
}

}  // namespace

std::optional<bool> raw_payload(const std::vector<Header>& metadata) {
  for (const Header& entry : metadata) {
    if (entry.name == "rawPayload" && !entry.value.empty()) return go_bool(entry.value);
  }
  return false;
}

Result<std::string> make_envelope(const dapr::PublishRequest& request, const dapr::ApiCall& call,
                                  std::string_view app_id, SystemTime now, Random& random) {
  const auto raw = raw_payload(request.metadata);
  if (!raw) {
    return fail(Code::kInvalidArgument,
                "failed deserializing metadata. Error: rawPayload value must be a valid boolean: "
                "actual is '" +
                    std::string(override_of(request, "rawPayload")) + "'");
  }
  if (*raw) return request.data;

  Node event;
  std::string traceparent = child_traceparent(call.traceparent, random);
  if (is_type(request.content_type, "application/cloudevents+json")) {
    auto own = parse_json_prefix(request.data);
    if (!own || !own->is(Node::Kind::kObject)) {
      return fail(Code::kInvalidArgument, "cannot create cloudevent");
    }
    event = *std::move(own);
    const auto set_default = [&event](std::string_view name, std::string_view value) {
      if (event.find_value(name) == nullptr) event.set(name, value);
    };
    if (event.find("time") == nullptr) event.set("time", rfc3339(now));
    if (event.find("traceid") == nullptr) {
      event.set("traceid", traceparent);
      event.set("traceparent", traceparent);
    }
    if (event.find("tracestate") == nullptr) event.set("tracestate", call.tracestate);
    set_default("source", kDefaultSource);
    set_default("type", kDefaultType);
    set_default("specversion", "1.0");
  } else {
    const auto either = [&request](std::string_view name, std::string_view otherwise) {
      const std::string_view given = override_of(request, name);
      return std::string(given.empty() ? otherwise : given);
    };
    traceparent = either("cloudevent.traceparent", either("cloudevent.traceid", traceparent));
    const std::string type = request.content_type.empty() ? "text/plain" : request.content_type;
    const std::string id = either("cloudevent.id", "");
    event = Node::object(
        {{"id", id.empty() ? uuid4(random) : id},
         {"specversion", "1.0"},
         {"datacontenttype", type},
         {"source", either("cloudevent.source", app_id.empty() ? kDefaultSource : app_id)},
         {"type", either("cloudevent.type", kDefaultType)},
         {"traceid", traceparent},
         {"traceparent", traceparent},
         {"tracestate", either("cloudevent.tracestate", call.tracestate)},
         {"time", rfc3339(now)}});
    set_data(event, request, type);
  }
  event.set("topic", request.topic);
  event.set("pubsubname", request.component);
  set_expiration(event, request, now);
  return write_json(event, GoNumbers::kExact);
}

std::optional<TopicMessage> open_envelope(Received received, const dapr::Subscription& subscription,
                                          SystemTime now, Random& random) {
  const auto [bytes, topic, metadata] = std::move(received);
  TopicMessage message;
  Node event;
  if (raw_payload(subscription.metadata).value_or(false)) {
    event = Node::object({{"id", uuid4(random)},
                          {"specversion", "1.0"},
                          {"datacontenttype", kOctetStream},
                          {"source", kDefaultSource},
                          {"type", kDefaultType},
                          {"topic", topic},
                          {"pubsubname", subscription.component},
                          {"data_base64", base64_encode(bytes)}});
    take_trace(metadata, event);
    message.envelope = write_json(event, GoNumbers::kExact);
  } else {
    auto parsed = parse_json(bytes);
    if (!parsed || !parsed->is(Node::Kind::kObject)) return std::nullopt;
    event = *std::move(parsed);
    message.envelope = bytes;
    take_trace(metadata, event);
  }
  message.traceparent = text_of(event, "traceparent");
  if (message.traceparent.empty()) message.traceparent = text_of(event, "traceid");
  const auto expiration = parse_rfc3339(text_of(event, "expiration"));
  message.expired = expiration && *expiration < now;

  const std::string type = text_of(event, "datacontenttype");
  message.event = {.id = text_of(event, "id"),
                   .source = text_of(event, "source"),
                   .type = text_of(event, "type"),
                   .spec_version = text_of(event, "specversion"),
                   .content_type = type,
                   .data = {},
                   .topic = std::string(topic),
                   .component = subscription.component,
                   .path = {},
                   .extensions = {},
                   .typed_extensions = {}};
  take_data(event, message);
  Node typed = Node::object();
  for (const Node* member : sorted_members(event)) {
    if (!is_extension(member->key())) continue;
    const bool is_text = member->is(Node::Kind::kText);
    if (!is_text) typed.set(member->key(), *member);
    if (!member->is_scalar()) continue;
    message.event.extensions.push_back(
        {member->key(), is_text ? member->text() : write_json(*member, GoNumbers::kFloat64)});
  }
  if (!typed.children().empty())
    message.event.typed_extensions = write_json(typed, GoNumbers::kFloat64);
  message.metadata = metadata;
  std::erase_if(message.metadata, [](const Header& entry) { return entry.name == "pubsubName"; });
  message.metadata.push_back({"pubsubName", subscription.component});
  return message;
}

}  // namespace ofn::localdapr
