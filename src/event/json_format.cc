#include "event/json_format.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include <ofn/http_text.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "document/json.h"
#include "document/slices.h"
#include "event/attributes.h"

namespace ofn::event {

namespace {

using document::check_json;
using document::is_json;
using document::kind_of;
using document::quote;
using document::unquote;
using document::Walk;

std::unexpected<Error> wrong(std::string_view name, std::string_view expected,
                             std::string_view found) {
  return fail(Code::kInvalidArgument, "attribute " + shown(name) + ": expected " +
                                          std::string(expected) + ", found " + std::string(found));
}

bool is_defined(std::string_view name) {
  return name == "id" || name == "source" || name == "type" || name == "specversion" ||
         name == "datacontenttype" || name == "dataschema" || name == "subject" || name == "time";
}

// Returns the canonical string of an attribute's JSON value (spec §2.4, JSON format §2.2).
Result<std::string> canonical(std::string_view name, std::string_view raw) {
  if (raw.front() == '"') return unquote(raw);
  if (is_defined(name)) return wrong(name, "a string", kind_of(raw));
  if (raw == "true" || raw == "false") return std::string(raw);
  if (raw.front() == '{' || raw.front() == '[') {
    return wrong(name, "a string, a boolean or an integer", kind_of(raw));
  }
  std::int32_t integer = 0;
  const auto [end, problem] = std::from_chars(raw.data(), raw.data() + raw.size(), integer);
  if (problem != std::errc() || end != raw.data() + raw.size()) {
    return wrong(name, "an integer of 32 bits", shown(raw));
  }
  return std::to_string(integer);
}

// Reads an event from one JSON object. The text must be JSON.
Result<CloudEvent> event_of(std::string_view text) {
  Walk walk(text);
  if (!walk.is_object()) {
    return fail(Code::kInvalidArgument, "a CloudEvent is a JSON object");
  }
  AttributeReader reader;
  std::optional<std::string_view> data;
  std::optional<std::string_view> data_base64;
  std::set<std::string> seen;
  while (walk.next()) {
    const std::string name = unquote(walk.value());
    const std::string_view raw = walk.value();
    if (!seen.insert(name).second) {
      return fail(Code::kInvalidArgument, "member " + shown(name) + " occurs twice");
    }
    if (raw != "null") {
      if (name == "data") {
        data = raw;
      } else if (name == "data_base64") {
        data_base64 = raw;
      } else {
        Result<std::string> value = canonical(name, raw);
        if (!value) return std::unexpected(value.error());
        if (auto set = reader.set(name, *std::move(value)); !set) {
          return std::unexpected(set.error());
        }
      }
    }
  }
  Result<CloudEvent> event = reader.finish();
  if (!event) return event;

  // In 0.3, base64 text is in `data`.
  if (reader.data_is_base64() && data && !data_base64)
    data_base64 = std::exchange(data, std::nullopt);
  auto bytes = data_bytes(data, data_base64, event->datacontenttype().value_or(""));
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (*bytes) event->data(**std::move(bytes));
  return event;
}

// ---- Writing.

// Appends `,"name":"value"`. The value is UTF-8.
void append_member(std::string& text, std::string_view name, std::string_view value) {
  text += text.size() > 1 ? ",\"" : "\"";
  text += name;
  text += "\":";
  text += quote(value);
}

void append_data(std::string& text, const CloudEvent& event) {
  const std::string& data = *event.data();
  const bool json_type =
      !event.datacontenttype() || internal::is_json_type(*event.datacontenttype());
  if (json_type && is_json(data)) {
    text += R"(,"data":)";
    text += data;
  } else if (!json_type && is_utf8(data)) {
    append_member(text, "data", data);
  } else {
    // The data does not fit its type. A missing type means JSON (JSON format §3.1), so set another
    // one.
    if (!event.datacontenttype()) {
      append_member(text, "datacontenttype", "application/octet-stream");
    }
    text += R"(,"data_base64":")";
    text += base64_encode(data);
    text += '"';
  }
}

}  // namespace

Result<std::optional<std::string>> data_bytes(std::optional<std::string_view> data,
                                              std::optional<std::string_view> data_base64,
                                              std::string_view content_type) {
  if (data && data_base64) {
    return fail(Code::kInvalidArgument, R"(members "data" and "data_base64" exclude each other)");
  }
  if (data_base64) {
    if (data_base64->front() != '"') return wrong("data_base64", "a string", kind_of(*data_base64));
    std::optional<std::string> bytes = base64_decode(unquote(*data_base64));
    if (!bytes) return wrong("data_base64", "padded base64 (RFC 4648 §4)", "something else");
    return bytes;
  }
  if (!data) return std::nullopt;
  const bool is_text =
      data->front() == '"' && !content_type.empty() && !internal::is_json_type(content_type);
  return is_text ? unquote(*data) : std::string(*data);
}

Result<CloudEvent> parse_json_event(std::string_view text) {
  if (auto verdict = check_json(text); !verdict) return std::unexpected(verdict.error());
  return event_of(text);
}

Result<std::vector<CloudEvent>> parse_json_batch(std::string_view text) {
  if (auto verdict = check_json(text); !verdict) return std::unexpected(verdict.error());
  Walk walk(text);
  if (!walk.is_array()) {
    return fail(Code::kInvalidArgument, "a batch of CloudEvents is a JSON array");
  }
  std::vector<CloudEvent> events;
  while (walk.next()) {
    Result<CloudEvent> event = event_of(walk.value());
    if (!event) {
      return fail(Code::kInvalidArgument,
                  "event " + std::to_string(events.size()) + ": " + event.error().message());
    }
    events.push_back(*std::move(event));
  }
  return events;
}

bool looks_like_event(std::string_view text) {
  if (!check_json(text)) return false;
  Walk walk(text);
  if (!walk.is_object()) return false;
  while (walk.next()) {
    if (walk.value() == R"("specversion")") return true;
    walk.value();
  }
  return false;
}

Result<std::string> to_json(const CloudEvent& event) {
  if (auto whole = check_event(event); !whole) return std::unexpected(whole.error());
  std::string text = "{";
  append_member(text, "specversion", event.specversion());
  append_member(text, "id", event.id());
  append_member(text, "source", event.source());
  append_member(text, "type", event.type());
  const std::pair<std::string_view, const std::optional<std::string>&> optional[] = {
      {"datacontenttype", event.datacontenttype()},
      {"dataschema", event.dataschema()},
      {"subject", event.subject()},
      {"time", event.time()}};
  for (const auto& [name, value] : optional) {
    if (value) append_member(text, name, *value);
  }
  for (const auto& [name, value] : event.extensions()) append_member(text, name, value);
  if (event.data()) append_data(text, event);
  text += '}';
  return text;
}

}  // namespace ofn::event
