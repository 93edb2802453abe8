#include "dapr/delivered_event.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "document/json.h"
#include "document/slices.h"
#include "event/attributes.h"
#include "event/json_format.h"

namespace ofn::dapr {
namespace {

// The data is passed on as bytes without recursion, so there is no limit here. The code that parses
// the data has its own limits.
constexpr std::size_t kAnyDepth = std::numeric_limits<std::size_t>::max();

bool is_the_protocols(std::string_view name) {
  static constexpr std::array<std::string_view, 16> kOwn = {"accept",         "accept-encoding",
                                                            "connection",     "content-encoding",
                                                            "content-length", "content-type",
                                                            "date",           "expect",
                                                            "host",           "te",
                                                            "traceparent",    "tracestate",
                                                            "user-agent",     "dapr-api-token",
                                                            "trailer",        "transfer-encoding"};
  constexpr std::string_view kGrpc = "grpc-";
  return same_field_name(name.substr(0, kGrpc.size()), kGrpc) ||
         std::ranges::any_of(kOwn,
                             [name](std::string_view own) { return same_field_name(name, own); });
}

// Returns a scalar as text; nullopt if the value is not a scalar.
std::optional<std::string> text_of(std::string_view raw) {
  if (raw.front() == '"') return document::unquote(raw);
  if (raw.front() == '{' || raw.front() == '[') return std::nullopt;
  return std::string(raw);
}

// Returns the event's member for an attribute; null if it is an extension.
std::string* place_of(TopicEvent& event, std::string_view name) {
  const std::pair<std::string_view, std::string*> places[] = {
      {"id", &event.id},
      {"source", &event.source},
      {"type", &event.type},
      {"specversion", &event.spec_version},
      {"datacontenttype", &event.content_type}};
  const auto* const found =
      std::ranges::find(places, name, [](const auto& place) { return place.first; });
  return found == std::end(places) ? nullptr : found->second;
}

// If a name occurs twice, the last value counts, even if it is not a scalar.
void set_extension(std::vector<Header>& extensions, const std::string& name,
                   const std::optional<std::string>& value) {
  const auto found = std::ranges::find(extensions, name, &Header::name);
  if (found != extensions.end()) {
    if (!value) {
      extensions.erase(found);
    } else {
      found->value = *value;
    }
  } else if (value) {
    extensions.push_back({name, *value});
  }
}

std::unexpected<Error> invalid(const std::string& what) {
  return fail(Code::kInvalidArgument, what);
}

}  // namespace

std::vector<Header> message_metadata(std::span<const Field> fields) {
  std::vector<Header> metadata;
  for (const Field& field : fields) {
    if (!is_the_protocols(field.name))
      metadata.push_back({std::string(field.name), std::string(field.value)});
  }
  return metadata;
}

Result<TopicEvent> decode_json_event(std::string_view text) {
  std::string repaired;
  if (!document::check_json(text, kAnyDepth)) {
    repaired = document::with_unicode_repaired(text);
    text = repaired;
    if (auto verdict = document::check_json(text, kAnyDepth); !verdict)
      return std::unexpected(std::move(verdict.error()));
  }
  document::Walk walk(text);
  if (!walk.is_object()) return invalid("a CloudEvent is a JSON object");
  TopicEvent event;
  std::optional<std::string_view> data;
  std::optional<std::string_view> data_base64;
  while (walk.next()) {
    std::string name = document::unquote(walk.value());
    const std::string_view raw = walk.value();
    const std::optional<std::string> value = raw == "null" ? std::nullopt : text_of(raw);
    if (name == "data") {
      data = raw;
    } else if (name == "data_base64") {
      data_base64 = raw;
    } else if (std::string* const place = place_of(event, name)) {
      *place = value.value_or("");
    } else {
      set_extension(event.extensions, name, value);
    }
  }
  if (data == "null") data.reset();
  if (data_base64 == "null") data_base64.reset();
  if (data_base64) data.reset();
  auto bytes = event::data_bytes(data, data_base64, event.content_type);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  event.data = std::move(*bytes).value_or("");
  return event;
}

}  // namespace ofn::dapr
