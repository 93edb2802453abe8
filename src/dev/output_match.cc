#include "dev/output_match.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

#include <ofn/field.h>

#include "document/json.h"
#include "document/node.h"

namespace ofn::dev {

namespace {

using document::Node;

const Node* item_of(const Node& list, std::string_view place) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(place.data(), place.data() + place.size(), index);
  if (error != std::errc() || end != place.data() + place.size()) return nullptr;
  return index < list.items().size() ? &list.items()[index] : nullptr;
}

// A member may have dots in its name, so the whole rest of the path is tried first.
const Node* find(const Node& node, std::string_view path) {
  if (path.empty()) return &node;
  if (const Node* member = node.find(path)) return member;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos;
       dot = path.find('.', dot + 1)) {
    const std::string_view name = path.substr(0, dot);
    const Node* next = node.is(Node::Kind::kList) ? item_of(node, name) : node.find(name);
    if (next == nullptr) continue;
    if (const Node* found = find(*next, path.substr(dot + 1))) return found;
  }
  return node.is(Node::Kind::kList) ? item_of(node, path) : nullptr;
}

std::string text_of(const Node& node) {
  return node.is_scalar() ? node.text() : document::to_json(node);
}

bool has(const std::optional<Node>& data, std::string_view path, std::string_view wanted) {
  if (!data) return false;
  const Node* found = find(*data, path);
  if (found != nullptr && text_of(*found) == wanted) return true;
  const Node* inner = data->find("specversion") == nullptr ? nullptr : data->find("data");
  found = inner == nullptr ? nullptr : find(*inner, path);
  return found != nullptr && text_of(*found) == wanted;
}

}  // namespace

bool OutputMatch::fits(const Sent& sent) const {
  if (!names(sent) || sent.outcome.starts_with("failed")) return false;
  std::optional<Node> data;
  if (!conditions.empty()) data = document::json_value(sent.content.body);
  return std::ranges::all_of(conditions, [&](const auto& condition) {
    const auto& [path, wanted] = condition;
    if (path.empty()) return sent.content.body == wanted;
    if (path.starts_with('@')) {
      return std::ranges::any_of(sent.content.fields, [&](const auto& field) {
        return same_field_name(field.first, std::string_view(path).substr(1)) &&
               field.second == wanted;
      });
    }
    return has(data, path, wanted);
  });
}

}  // namespace ofn::dev
