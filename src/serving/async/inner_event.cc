#include "serving/async/inner_event.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "event/json_format.h"

namespace ofn {

std::optional<InnerEvent> unwrap_inner_data(std::string_view data) {
  using nlohmann::json;
  const json parsed = json::parse(data, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  const auto user_data = parsed.find("userData");
  if (user_data == parsed.end()) return std::nullopt;
  InnerEvent inner;
  if (user_data->is_string()) {
    auto bytes = base64_decode(user_data->get_ref<const std::string&>());
    if (!bytes) return std::nullopt;
    inner.data = *std::move(bytes);
  } else if (!user_data->is_null()) {  // null: no bytes at all, as Go writes them
    return std::nullopt;
  }
  if (const auto metadata = parsed.find("metadata");
      metadata != parsed.end() && metadata->is_object()) {
    for (const auto& [name, value] : metadata->items()) {
      if (value.is_string()) inner.metadata.push_back({name, value.get<std::string>()});
    }
  }
  return inner;
}

std::optional<InnerEvent> unwrap_inner_event(std::string_view payload) {
  if (!payload.starts_with('{') || payload.find(kInnerEventType) == std::string_view::npos)
    return std::nullopt;
  const auto event = event::parse_json_event(payload);
  if (!event || !event->type().starts_with(kInnerEventType) || !event->data()) return std::nullopt;
  return unwrap_inner_data(*event->data());
}

}  // namespace ofn
