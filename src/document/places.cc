#include "document/places.h"

#include <algorithm>
#include <ranges>

#include "document/json_scanner.h"
#include "document/reader.h"

namespace ofn::document {
namespace {

using Kind = Node::Kind;

// Recursion is kMaxDepth levels deep at most, because the scanner refuses deeper texts.
class JsonPlacer {
 public:
  explicit JsonPlacer(std::string_view text) : text_(text), json_(text, kMaxDepth) {}

  std::optional<Placed> place() {
    auto root = value();
    if (!root || !json_.finish()) return std::nullopt;
    return root;
  }

 private:
  std::optional<Placed> value() {
    const JsonScanner::Kind kind = json_.next();
    Placed placed{.begin = json_.begin()};
    switch (kind) {
      case JsonScanner::Kind::kMistake:
        return std::nullopt;
      case JsonScanner::Kind::kNull:
        break;
      case JsonScanner::Kind::kFalse:
      case JsonScanner::Kind::kTrue:
        placed.kind = Kind::kBool;
        placed.text = kind == JsonScanner::Kind::kTrue ? "true" : "false";
        break;
      case JsonScanner::Kind::kNumber:
      case JsonScanner::Kind::kText:
        placed.kind = kind == JsonScanner::Kind::kText ? Kind::kText : Kind::kNumber;
        placed.text = json_.text();
        break;
      case JsonScanner::Kind::kObject:
        placed.kind = Kind::kObject;
        while (json_.member()) {
          if (!add_member(placed)) return std::nullopt;
        }
        break;
      case JsonScanner::Kind::kList:
        placed.kind = Kind::kList;
        while (json_.item()) {
          auto item = value();
          if (!item) return std::nullopt;
          placed.children.push_back(*std::move(item));
        }
        break;
    }
    if (json_.is_mistaken()) return std::nullopt;
    placed.end = json_.position();
    return placed;
  }

  bool add_member(Placed& object) {
    std::string key(json_.key());
    // The scanner is behind the colon. Between it and the key's closing quote there is only white space.
    const std::size_t colon = json_.position() - 1;
    const std::size_t quote = text_.rfind('"', colon);
    std::size_t begin = colon;
    std::size_t end = colon;
    if (json_.is_borrowed() && quote != std::string_view::npos) {
      end = quote + 1;
      begin = quote - key.size() - 1;
    }
    auto member = value();
    if (!member) return false;
    member->key = std::move(key);
    member->key_begin = begin;
    member->key_end = end;
    object.children.push_back(*std::move(member));
    return true;
  }

  std::string_view text_;
  JsonScanner json_;
};

// Returns the first part of a path without what separates it from the next one, and removes both. A part in brackets keeps them.
std::string_view take_part(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  std::size_t size = 0;
  if (path.starts_with("[\"")) {
    size = 2;
    while (size < path.size() && path[size] != '"') size += path[size] == '\\' ? 2 : 1;
    size = std::min(size + 2, path.size());
  } else if (path.starts_with('[')) {
    size = std::min(path.find(']'), path.size() - 1) + 1;
  } else {
    size = std::min(path.find_first_of(".["), path.size());
  }
  const std::string_view part = path.substr(0, size);
  path.remove_prefix(size);
  return part;
}

const Placed* child_of(const Placed& node, std::string_view part) {
  for (std::size_t i = node.children.size(); i-- > 0;) {
    const Placed& child = node.children[i];
    if ((node.kind == Kind::kObject ? path_to("", child.key) : path_to("", i)) == part)
      return &child;
  }
  return nullptr;
}

}  // namespace

const Placed* Placed::find(std::string_view name) const {
  if (kind != Kind::kObject) return nullptr;
  for (const Placed& child : std::views::reverse(children)) {
    if (child.key == name) return &child;
  }
  return nullptr;
}

std::string_view Placed::find_text(std::string_view name) const {
  const Placed* member = find(name);
  return member == nullptr ? std::string_view() : std::string_view(member->text);
}

std::optional<Placed> place_json(std::string_view text) { return JsonPlacer(text).place(); }

Reached at(const Placed& root, std::string_view path) {
  if (path.starts_with('$')) path.remove_prefix(1);
  const Placed* node = &root;
  while (!path.empty()) {
    const std::string_view part = take_part(path);
    const Placed* child = part.empty() ? nullptr : child_of(*node, part);
    if (child == nullptr) return {node, false};
    node = child;
  }
  return {node, true};
}

}  // namespace ofn::document
