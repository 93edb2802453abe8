#include "context/json_tree.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <ranges>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace ofn {
namespace {

using Json = nlohmann::json;

// Follows the library's iterative parser; the open arrays and objects are a stack, moved into their
// parent when closed.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  bool null() override { return add({}); }
  bool boolean(bool value) override {
    return add({.kind = JsonNode::Kind::kBool, .text = value ? "true" : "false"});
  }
  bool number_integer(std::int64_t value) override { return add_number(std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) override { return add_number(std::to_string(value)); }
  bool number_float(double, const std::string& text) override { return add_number(text); }
  bool string(std::string& value) override {
    return add({.kind = JsonNode::Kind::kString, .text = std::move(value)});
  }
  bool binary(Json::binary_t&) override { return false; }  // not in JSON text
  bool start_object(std::size_t) override { return open(JsonNode::Kind::kObject); }
  bool start_array(std::size_t) override { return open(JsonNode::Kind::kArray); }
  bool key(std::string& value) override {
    open_.back().pending_key = std::move(value);
    return true;
  }
  bool end_object() override {
    keep_last_of_duplicates(open_.back().node.children);
    return close();
  }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    failure_ = located(position, reason_of(error.what()));
    return false;
  }

  JsonTree take() && { return {std::move(root_), std::move(duplicates_)}; }
  JsonFailure failure() && { return std::move(failure_); }

 private:
  struct Open {
    JsonNode node;
    std::string pending_key;
  };

  bool add(JsonNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      Open& parent = open_.back();
      node.key = std::exchange(parent.pending_key, {});
      parent.node.children.push_back(std::move(node));
    }
    return true;
  }

  bool add_number(std::string text) {
    return add({.kind = JsonNode::Kind::kNumber, .text = std::move(text)});
  }

  bool open(JsonNode::Kind kind) {
    if (open_.size() == kMaxJsonDepth) {
      failure_.reason = "nesting deeper than " + std::to_string(kMaxJsonDepth) + " levels";
      return false;
    }
    open_.push_back({{.kind = kind}, {}});
    return true;
  }

  bool close() {
    JsonNode node = std::move(open_.back().node);
    open_.pop_back();
    return add(std::move(node));
  }

  void keep_last_of_duplicates(std::vector<JsonNode>& members) {
    std::set<std::string, std::less<>> seen;
    std::vector<JsonNode> kept;
    kept.reserve(members.size());
    for (JsonNode& member : std::views::reverse(members)) {
      if (seen.insert(member.key).second) {
        kept.push_back(std::move(member));
      } else {
        duplicates_.push_back(std::move(member.key));
      }
    }
    std::reverse(kept.begin(), kept.end());
    members = std::move(kept);
  }

  JsonFailure located(std::size_t position, std::string reason) const {
    const std::string_view before = text_.substr(0, position == 0 ? 0 : position - 1);
    const std::size_t newline = before.rfind('\n');
    return {
        .line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
        .column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline,
        .reason = std::move(reason)};
  }

  // The library says "[json.exception…] parse error at line 1, column 2: <reason>; last read:
  // '<text>'". The reason alone is wanted: the position is ours, and the text may hold a secret or
  // broken UTF-8.
  static std::string reason_of(std::string_view what) {
    if (const auto number = what.find("number overflow"); number != std::string_view::npos) {
      return "a number that is too large";
    }
    if (const auto colon = what.find(": "); colon != std::string_view::npos) {
      what.remove_prefix(colon + 2);
    }
    return std::string(what.substr(0, what.find("; last read")));
  }

  std::string_view text_;
  std::vector<Open> open_;
  JsonNode root_;
  std::vector<std::string> duplicates_;
  JsonFailure failure_;
};

void append_json(const JsonNode& node, std::string& out) {
  const auto string = [&out](const std::string& text) { out += Json(text).dump(); };
  switch (node.kind) {
    case JsonNode::Kind::kNull:
      out += "null";
      return;
    case JsonNode::Kind::kBool:
    case JsonNode::Kind::kNumber:
      out += node.text;
      return;
    case JsonNode::Kind::kString:
      string(node.text);
      return;
    case JsonNode::Kind::kArray:
    case JsonNode::Kind::kObject:
      break;
  }
  const bool object = node.kind == JsonNode::Kind::kObject;
  out += object ? '{' : '[';
  bool first = true;
  for (const JsonNode& child : node.children) {
    if (!std::exchange(first, false)) out += ',';
    if (object) {
      string(child.key);
      out += ':';
    }
    append_json(child, out);
  }
  out += object ? '}' : ']';
}

}  // namespace

const JsonNode* JsonNode::find(std::string_view name) const noexcept {
  for (const JsonNode& child : children) {
    if (child.key == name) return child.kind == Kind::kNull ? nullptr : &child;
  }
  return nullptr;
}

std::expected<JsonTree, JsonFailure> parse_json_tree(std::string_view text) {
  TreeBuilder builder(text);
  if (!Json::sax_parse(text, &builder)) return std::unexpected(std::move(builder).failure());
  return std::move(builder).take();
}

std::string to_json_text(const JsonNode& node) {
  std::string text;
  append_json(node, text);
  return text;
}

}  // namespace ofn
