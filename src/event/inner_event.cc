#include "event/inner_event.h"

#include <utility>

#include "base/base64.h"
#include "document/json.h"
#include "event/json_format.h"

namespace ofn {

std::optional<InnerEvent> unwrap_inner_data(std::string_view data) {
  using document::Node;
  const std::optional<Node> parsed = document::json_value(data);
  const Node* user_data = parsed ? parsed->find("userData") : nullptr;
  if (user_data == nullptr) return std::nullopt;
  InnerEvent inner;
  if (user_data->is(Node::Kind::kText)) {
    auto bytes = base64_decode(user_data->text());
    if (!bytes) return std::nullopt;
    inner.data = *std::move(bytes);
  } else if (!user_data->is(Node::Kind::kNull)) {  // Go writes null for no bytes at all
    return std::nullopt;
  }
  const Node* metadata = parsed->find("metadata");
  if (metadata == nullptr) return inner;
  for (const Node& entry : metadata->members()) {
    if (entry.is(Node::Kind::kText)) inner.metadata.push_back({entry.key(), entry.text()});
  }
  return inner;
}

std::string wrap_inner_event(const InnerEventHead& head, std::string_view data,
                             const std::vector<Header>& metadata) {
  using document::Node;
  std::vector<Node> entries;
  for (const Header& entry : metadata) entries.push_back(Node(entry.value).with_key(entry.name));
  const auto with_space = [&head](char between) {
    return head.space.empty() ? std::string(head.function)
                              : std::string(head.space) + between + std::string(head.function);
  };
  return document::to_json(
      Node::object({{"specversion", "1.0"},
                    {"id", head.id},
                    {"source", with_space('/')},
                    {"type", std::string(kInnerEventType) + with_space('.')},
                    {"datacontenttype", "application/json"},
                    {"data", Node::object({{"metadata", Node::object_of(std::move(entries))},
                                           {"userData", base64_encode(data)}})}}));
}

std::optional<InnerEvent> unwrap_inner_event(std::string_view payload) {
  if (!payload.starts_with('{') || payload.find(kInnerEventType) == std::string_view::npos)
    return std::nullopt;
  const auto event = event::parse_json_event(payload);
  if (!event || !event->type().starts_with(kInnerEventType) || !event->data()) return std::nullopt;
  return unwrap_inner_data(*event->data());
}

}  // namespace ofn
