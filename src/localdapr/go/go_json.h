// JSON as daprd, a Go program, passes it on: decoded into values and encoded again.
//
//   write_json(*parse_json("{\"b\":1.0, \"a\":[]}"), GoNumbers::kFloat64);   // {"a":[],"b":1}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/node.h"

namespace ofn::localdapr {

using document::Node;

// Go decodes a number into float64, unless the program asks it to keep the text.
enum class GoNumbers { kFloat64, kExact };

// Parses a text that contains one JSON value only. Returns nullopt for other texts, and for more
// than 1000 levels.
std::optional<Node> parse_json(std::string_view text);
// Parses the first JSON value of `text`. The rest is not read.
std::optional<Node> parse_json_prefix(std::string_view text);

// Returns the members of an object in the order of their keys, in which Go writes a map.
std::vector<const Node*> sorted_members(const Node& object);

// Spec: json.Marshal. Keys are sorted; &, < and > are escaped; bytes that are not UTF-8 become U+FFFD.
std::string write_json(const Node& value, GoNumbers numbers);

}  // namespace ofn::localdapr
