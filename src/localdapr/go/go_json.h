// JSON as daprd, a Go program, hands it on: decoded into values and encoded again.
//
//   write_json(*parse_json("{\"b\":1.0, \"a\":[]}"), GoNumbers::kFloat64)   // {"a":[],"b":1}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/node.h"

namespace ofn::localdapr {

using document::Node;

// Go decodes a number into float64 unless it is told to keep it.
enum class GoNumbers { kFloat64, kExact };

// One JSON value, and nothing behind it. nullopt if there is none, or if it nests deeper than 1000 levels.
std::optional<Node> parse_json(std::string_view text);
// The first JSON value of `text`; what follows it is not read.
std::optional<Node> parse_json_prefix(std::string_view text);

// The members of an object in the order of their keys, as Go walks a map that it writes.
std::vector<const Node*> sorted_members(const Node& object);

// Spec: json.Marshal. Keys are sorted; &, < and > are escaped; bytes that are not UTF-8 become U+FFFD.
std::string write_json(const Node& value, GoNumbers numbers);

}  // namespace ofn::localdapr
