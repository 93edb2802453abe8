// YAML documents as trees, read within bounds: whatever a file holds, reading it neither hangs nor takes the program down.
//
//   auto documents = parse_yaml(text);
//   const Node* kind = documents->front().find("kind");
//
// All scalars are texts, because what YAML takes for a number or a bool depends on the reader. yaml.cc is the only file of
// the house that sees the YAML library.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/node.h"

namespace ofn::document {

inline constexpr std::size_t kMaxYamlBytes = std::size_t{1} * 1024 * 1024;

// All documents of a stream, empty ones too. Aliases share the node that they name, so that a bomb of them is as small as
// its text. Of keys that occur twice in one mapping, the last one stands; a key that is no scalar is empty.
// Bounds: kMaxYamlBytes, kMaxDepth levels, 100,000 nodes.
// Errors: kInvalidArgument with the line in the context "line".
Result<std::vector<Node>> parse_yaml(std::string_view text);

}  // namespace ofn::document
