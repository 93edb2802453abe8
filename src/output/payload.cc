#include "output/payload.h"

#include <algorithm>
#include <utility>

#include <ofn/field.h>

#include "base/utf8.h"
#include "document/json.h"
#include "event/attributes.h"
#include "event/json_format.h"

namespace ofn {

namespace {

constexpr std::string_view kText = "text/plain";
constexpr std::string_view kBytes = "application/octet-stream";

bool starts_with_type(std::string_view type, std::string_view prefix) {
  return type.size() >= prefix.size() && same_field_name(type.substr(0, prefix.size()), prefix);
}

bool survives(std::string_view declared, std::string_view data) {
  // Dapr compares the part before the ';' without trimming it.
  const std::string_view type = declared.substr(0, declared.find(';'));
  if (starts_with_type(type, "text/") || same_field_name(type, "application/xml")) {
    return is_utf8(data);
  }
  if (same_field_name(type, "application/json")) return document::is_json(data);
  return same_field_name(type, kBytes) || same_field_name(type, "application/cloudevents+json");
}

bool has_topic(const FunctionContext& context) {
  return std::any_of(context.outputs.begin(), context.outputs.end(),
                     [](const Output& output) { return output.kind == ComponentKind::kPubsub; });
}

// JSON data needs no type in a CloudEvent (JSON format §3.1), but Dapr passes no data to
// subscribers if there is no type.
CloudEvent with_explicit_type(CloudEvent event) {
  if (!event.datacontenttype() && event.data() && document::is_json(*event.data())) {
    event.datacontenttype("application/json");
  }
  return event;
}

}  // namespace

Publication publication_of(std::string_view declared, std::string_view data) {
  if (declared.empty()) return {.content_type = is_utf8(data) ? kText : kBytes};
  if (survives(declared, data)) return {.content_type = declared};
  return {.content_type = kBytes, .kept_type = declared};
}

Payload payload_of(std::string_view data, std::string_view content_type,
                   const FunctionContext& context) {
  Payload payload{.data = data};
  if (has_topic(context)) payload.publication = publication_of(content_type, data);
  return payload;
}

Payload payload_of(const Response& response, const FunctionContext& context) {
  const std::string* type = response.find_header("content-type");
  return payload_of(response.body(), type == nullptr ? std::string_view() : *type, context);
}

Result<Payload> payload_of(const CloudEvent& event, const FunctionContext& context) {
  Payload payload{.event_id = event.id()};
  if (event.data()) payload.data = *event.data();
  if (!has_topic(context)) {
    if (auto whole = event::check_event(event); !whole) return std::unexpected(whole.error());
    return payload;
  }
  Result<std::string> json = event::to_json(with_explicit_type(event));
  if (!json) return std::unexpected(std::move(json).error());
  payload.event_json = *std::move(json);
  return payload;
}

}  // namespace ofn
