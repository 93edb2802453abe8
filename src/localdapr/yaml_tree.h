// YAML documents as a small tree with line numbers, read within bounds: whatever a file holds, reading
// it neither hangs nor takes the program down.
//
//   auto documents = read_yaml(text);
//   const YamlNode* kind = (*documents)[0]->find("kind");
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace ofn::localdapr {

// Aliases share the node they name: a bomb of them is as small as its text.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  using Pointer = std::shared_ptr<const YamlNode>;  // shared by aliases

  Kind kind = Kind::kNull;
  std::string text;                                  // of a scalar, unquoted
  std::vector<Pointer> items;                        // of a sequence
  std::vector<std::pair<Pointer, Pointer>> members;  // of a map, in order
  int line = 0;                                      // from 1

  // The member of that name; null when absent, or when this is no map. The last of several counts.
  const YamlNode* find(std::string_view name) const;
  // "a mapping", "a list", "a text", "nothing": for errors.
  std::string_view kind_name() const;
};

inline constexpr std::size_t kMaxYamlBytes = std::size_t{1} * 1024 * 1024;

// All documents of a stream, empty ones too. Bounds: kMaxYamlBytes, 64 levels, 100,000 nodes.
// Errors: kInvalidArgument with the line in the context "line".
Result<std::vector<YamlNode::Pointer>> read_yaml(std::string_view text);

}  // namespace ofn::localdapr
