#include "event/http_binding.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include <ofn/http_text.h>
#include <ofn/request.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "document/json.h"
#include "event/attributes.h"
#include "event/json_format.h"

namespace ofn::event {

namespace {

constexpr std::string_view kStructuredType = "application/cloudevents";
constexpr std::string_view kBatchType = "application/cloudevents-batch";
constexpr std::string_view kPrefix = "ce-";

bool has_prefix(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size() && same_field_name(text.substr(0, prefix.size()), prefix);
}

// Returns true if a field makes the message a binary event even if other fields are missing. The
// specification requires each of these fields, so a message with one of them is an event with a
// mistake, and not another kind of request.
bool has_event_fields(std::span<const Field> fields) noexcept {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return same_field_name(field.name, "ce-specversion") || same_field_name(field.name, "ce-id") ||
           same_field_name(field.name, "ce-source") || same_field_name(field.name, "ce-type");
  });
}

std::unexpected<Error> wrong(std::string_view name, const std::string& message) {
  return fail(Code::kInvalidArgument, "attribute " + shown(name) + ": " + message);
}

// Sets an attribute from its field. Many senders, including the official Go SDK, do not
// percent-encode values. If such a URI contains escapes, decoding would make it invalid ("/a%20b"
// becomes "/a b"); in this case the field's value is used unchanged.
Result<void> set_from_field(AttributeReader& reader, std::string_view name, const Field& field) {
  Result<std::string> value = decode_value(field.value);
  if (!value) return wrong(name, value.error().message());
  const bool is_uri = name == "source" || name == "dataschema" || name == "schemaurl";
  if (is_uri && *value != field.value && !is_uri_reference(*value) &&
      is_uri_reference(field.value)) {
    value = std::string(field.value);
  }
  return reader.set(name, *std::move(value));
}

Result<CloudEvent> parse_binary(std::span<const Field> fields, std::string_view body) {
  AttributeReader reader;
  std::vector<std::string> seen;
  for (const Field& field : fields) {
    if (!has_prefix(field.name, kPrefix)) continue;
    std::string name(field.name.substr(kPrefix.size()));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (name == "datacontenttype") {
      return wrong(name, "expected in Content-Type, found in ce-datacontenttype");
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return wrong(name, "expected once, found in two fields");
    }
    if (auto set = set_from_field(reader, name, field); !set) return std::unexpected(set.error());
    seen.push_back(std::move(name));
  }
  if (std::find(seen.begin(), seen.end(), "specversion") == seen.end()) {
    return wrong("specversion", "expected \"1.0\" in the field ce-specversion, found none");
  }
  if (const Field* type = find_field(fields, "content-type"); type && !type->value.empty()) {
    if (auto set = reader.set("datacontenttype", std::string(type->value)); !set) {
      return std::unexpected(set.error());
    }
  }
  Result<CloudEvent> event = reader.finish();
  if (!event || body.empty()) return event;  // an empty body means no data
  // In version 0.3 the attribute means that the data is base64 text. But some senders set it
  // although the body holds the bytes themselves.
  std::optional<std::string> bytes =
      reader.data_is_base64() ? base64_decode(body) : std::optional<std::string>();
  event->data(bytes ? *std::move(bytes) : std::string(body));
  return event;
}

Result<Received> one(Mode mode, Result<CloudEvent> event) {
  if (!event) return std::unexpected(std::move(event).error());
  Received received{.mode = mode, .events = {}};
  received.events.push_back(*std::move(event));
  return received;
}

// Decodes one quoted string (RFC 9110 §5.6.4). Returns nullopt if the value is not one.
std::optional<std::string> text_of_quoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return std::nullopt;
  std::string text;
  std::size_t i = 1;
  for (; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\') ++i;
    if (i == value.size()) return std::nullopt;
    text += value[i];
  }
  if (i + 1 != value.size()) return std::nullopt;
  return text;
}

// Returns the media type for binary data whose event has none. A missing type means JSON (spec
// §3.1, datacontenttype), so other data needs an explicit type.
std::string type_of(const CloudEvent& event) {
  if (event.datacontenttype()) return *event.datacontenttype();
  return document::is_json(*event.data()) ? "application/json" : "application/octet-stream";
}

Response to_binary(const CloudEvent& event) {
  Response response;
  const auto attribute = [&response](std::string_view name, const std::string& value) {
    response.header(std::string(kPrefix) + std::string(name), encode_value(value));
  };
  attribute("specversion", event.specversion());
  attribute("id", event.id());
  attribute("source", event.source());
  attribute("type", event.type());
  if (event.dataschema()) attribute("dataschema", *event.dataschema());
  if (event.subject()) attribute("subject", *event.subject());
  if (event.time()) attribute("time", *event.time());
  for (const auto& [name, value] : event.extensions()) attribute(name, value);
  if (event.data()) {
    response.header("content-type", type_of(event)).body(*event.data());
  } else if (event.datacontenttype()) {
    response.header("content-type", *event.datacontenttype());
  }
  return response;
}

}  // namespace

Result<std::string> decode_value(std::string_view value) {
  const std::optional<std::string> unquoted = text_of_quoted(value);
  if (unquoted) value = *unquoted;
  std::string decoded;
  decoded.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool is_escape = value[i] == '%' && i + 2 < value.size() &&
                           internal::hex_digit(value[i + 1]) >= 0 &&
                           internal::hex_digit(value[i + 2]) >= 0;
    if (!is_escape) {
      decoded += value[i];
      continue;
    }
    decoded += static_cast<char>(internal::hex_digit(value[i + 1]) * 16 +
                                 internal::hex_digit(value[i + 2]));
    i += 2;
  }
  if (!is_utf8(decoded)) {
    return fail(Code::kInvalidArgument,
                "expected UTF-8 after percent-decoding, found " + shown(decoded));
  }
  return decoded;
}

std::string encode_value(std::string_view value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(value.size());
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '"' && c != '%') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

namespace {

Result<Received> parse_message(std::span<const Field> fields, std::string_view body) {
  const Field* type = find_field(fields, "content-type");
  const std::string_view media = type == nullptr ? std::string_view() : type->value;

  if (has_prefix(media, kBatchType) || has_prefix(media, kStructuredType)) {
    const bool batch = has_prefix(media, kBatchType);
    const std::string_view format =
        internal::media_type_alone(media).substr((batch ? kBatchType : kStructuredType).size());
    if (!format.empty() && !same_field_name(format, "+json")) {
      return fail(Code::kUnimplemented,
                  "content type " + shown(media) +
                      ": the event format is not supported; send the event as JSON "
                      "(application/cloudevents+json)");
    }
    if (!batch) return one(Mode::kStructured, parse_json_event(body));
    Result<std::vector<CloudEvent>> events = parse_json_batch(body);
    if (!events) return std::unexpected(std::move(events).error());
    return Received{.mode = Mode::kBatch, .events = *std::move(events)};
  }
  if (has_event_fields(fields)) return one(Mode::kBinary, parse_binary(fields, body));
  if (internal::is_json_type(media) && looks_like_event(body)) {
    return one(Mode::kStructured, parse_json_event(body));
  }
  return fail(Code::kNotFound,
              "not a CloudEvent: there are no ce- fields (binary mode), the content type is " +
                  (type == nullptr ? "absent" : shown(media)) +
                  " and not application/cloudevents+json (structured mode), and the body is not a "
                  "JSON object "
                  "with a \"specversion\"");
}

}  // namespace

void continue_trace(CloudEvent& event, std::span<const Field> fields) {
  if (event.extension("traceparent")) return;
  for (const std::string_view name : {"traceparent", "tracestate"}) {
    const Field* field = find_field(fields, name);
    if (field == nullptr || !set_attribute(event, name, std::string(field->value))) return;
  }
}

Result<Received> parse_http(std::span<const Field> fields, std::string_view body) {
  Result<Received> received = parse_message(fields, body);
  if (!received) return received;
  for (CloudEvent& event : received->events) continue_trace(event, fields);
  return received;
}

Result<Response> to_http(const CloudEvent& event, Mode mode) {
  if (mode == Mode::kBinary) {
    if (auto whole = check_event(event); !whole) return std::unexpected(whole.error());
    return to_binary(event);
  }
  Result<std::string> text = to_json(event);
  if (!text) return std::unexpected(std::move(text).error());
  if (mode == Mode::kBatch) {
    return Response("[" + *text + "]")
        .content_type("application/cloudevents-batch+json; charset=utf-8");
  }
  return Response(*std::move(text)).content_type("application/cloudevents+json; charset=utf-8");
}

}  // namespace ofn::event
