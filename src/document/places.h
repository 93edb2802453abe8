// Where the members, items and values of a JSON or YAML text stand in it: for messages that show a place, and for changes that
// leave everything else in the text as it is.
//
//   auto placed = place_json(text);
//   const Placed* type = at(*placed, "$.outputs.archive.componentType").node;
//   text.replace(type->begin, type->end - type->begin, R"("bindings.http")");
//
// A text that is too deep, too large or wrong has no places: parse_json() and parse_yaml() say why.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/node.h"

namespace ofn::document {

// A value with its place. Positions are bytes of the text. A value; the root's destructor recurses kMaxDepth levels at most.
// All members of an object are here, also those whose key occurs again.
struct Placed {
  Node::Kind kind = Node::Kind::kNull;
  std::string key = {};       // of a member
  std::string text = {};      // of a scalar
  std::size_t key_begin = 0;  // with its quotes
  std::size_t key_end = 0;    // equal to key_begin if it is unknown where the key ends
  std::size_t begin = 0;      // with its quotes
  std::size_t end =
      0;  // equal to begin if it is unknown where the value ends: block scalars, YAML's lists and mappings
  std::vector<Placed> children = {};

  // Returns the member that counts, which is the last one of that name; null if there is none.
  const Placed* find(std::string_view name) const;
  // Returns the text of a member that is a scalar; empty otherwise.
  std::string_view find_text(std::string_view name) const;
};

// Returns nullopt if the text is not JSON.
std::optional<Placed> place_json(std::string_view text);
// Returns the documents that are not empty, in the order of parse_yaml(); empty if the text is not YAML. An alias has a place, but
// neither text nor children.
std::vector<Placed> place_yaml(std::string_view text);

// What a path leads to. `node` is the innermost one that exists.
struct Reached {
  const Placed* node = nullptr;  // never null
  bool is_whole = false;         // the whole path exists
};
// Follows a path as messages have it: "$.outputs.archive.componentType", "$.triggers.dapr[0]", `$.outputs["a b"]`.
Reached at(const Placed& root, std::string_view path);

}  // namespace ofn::document
