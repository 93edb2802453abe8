// A JSON text as a small tree: what the context is read from. Private to this room.
//
// It differs from a general JSON library's value where a configuration needs it: a number keeps its
// text (a metadata value 1.10 stays "1.10"), duplicate members are told, nesting is bounded, a
// syntax error has its line and column.
//
//   auto tree = parse_json_tree(R"({"port": 8080})");
//   tree->root.find("port")->text;  // "8080"
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ofn {

struct JsonNode {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string key{};                 // of a member of an object; empty elsewhere
  std::string text{};                // the string; a number's or bool's own text
  std::vector<JsonNode> children{};  // items or members, in order; no key twice

  // The member of that name; nullptr when absent *or null*: the platform writes both for "nothing".
  const JsonNode* find(std::string_view name) const noexcept;
};

struct JsonTree {
  JsonNode root;
  // Keys given twice in one object; the last one stands, as in Go and Python.
  std::vector<std::string> duplicates;
};

struct JsonFailure {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // in bytes, from 1
  std::string reason;      // carries nothing of the text
};

// No platform writes more; a deeper text is refused, so that walking the tree may recurse.
inline constexpr std::size_t kMaxJsonDepth = 64;

// Errors: JsonFailure for anything that is not one JSON text (RFC 8259) in UTF-8. Cost: linear.
std::expected<JsonTree, JsonFailure> parse_json_tree(std::string_view text);

// Compact JSON of the node.
std::string to_json_text(const JsonNode& node);

}  // namespace ofn
