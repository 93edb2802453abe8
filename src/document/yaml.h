// YAML documents as trees, read within limits: no file can make the program hang or crash.
//
//   auto documents = parse_yaml(text);
//   const Node* kind = documents->front().root.find("kind");
//
// All scalars are texts, because YAML readers differ in what they take for a number or a bool.
// yaml.cc is the only file of the project that includes the YAML library.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/tree_builder.h"

namespace ofn::document {

inline constexpr std::size_t kMaxYamlBytes = std::size_t{1} * 1024 * 1024;

// Returns all documents of a stream, including empty ones. Aliases share their node, so an alias
// bomb needs no more memory than its text. If a key occurs twice in one mapping, the last one
// counts, and it is among the tree's duplicates. A key that is not a scalar becomes the empty key.
// Limits: kMaxYamlBytes, kMaxDepth levels, 100,000 nodes.
// Errors: kInvalidArgument with the line in the context "line".
Result<std::vector<Tree>> parse_yaml(std::string_view text);

}  // namespace ofn::document
