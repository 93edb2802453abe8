#include "dev/delivered_envelope.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/utf8.h"
#include "dev/visible_text.h"
#include "document/json.h"
#include "document/slices.h"

namespace ofn::dev {

namespace {

bool is_json_type(std::string_view type) {
  type = type.substr(0, type.find(';'));
  return type == "application/json" || type.ends_with("+json");
}

}  // namespace

Result<std::string> envelope_of(const Published& published, Random& random, SystemTime now) {
  using document::quote;
  const std::string_view data = published.data;
  const bool is_event = published.content_type.starts_with("application/cloudevents+json");
  const bool is_json = document::is_json(data);
  if (!is_json && (is_event || is_json_type(published.content_type)))
    return fail(Code::kInvalidArgument, "the data is no JSON, although its content type is");
  document::Members event;
  std::vector<std::string> values;
  values.reserve(16);  // members borrow them
  const auto set = [&](std::string_view name, std::string value) {
    values.push_back(std::move(value));
    event.set(name, values.back());
  };
  if (is_event) {
    auto given = document::Members::of(data);
    if (!given) return fail(Code::kInvalidArgument, "the event is no JSON object");
    event = *std::move(given);
    if (!event.find("id")) set("id", quote(uuid4(random)));
    if (!event.find("source")) set("source", quote("functions-framework"));
    if (!event.find("specversion")) set("specversion", quote("1.0"));
    if (!event.find("type")) set("type", quote("com.dapr.event.sent"));
  } else {
    const bool is_text = is_utf8(data);
    const bool embeds =
        is_json && (published.content_type.empty() || is_json_type(published.content_type));
    std::string type = published.content_type;
    if (type.empty())
      type = embeds ? "application/json" : is_text ? "text/plain" : "application/octet-stream";
    set("specversion", quote("1.0"));
    set("id", quote(uuid4(random)));
    set("source", quote("functions-framework"));
    set("type", quote("com.dapr.event.sent"));
    set("time", quote(timestamp(now)));
    set("datacontenttype", quote(type));
    if (embeds) {
      set("data", std::string(data));
    } else if (is_text) {
      set("data", quote(data));
    } else {
      set("data_base64", quote(base64_encode(data)));
    }
  }
  set("pubsubname", quote(published.pubsub));
  set("topic", quote(published.topic));
  return event.text();
}

}  // namespace ofn::dev
