// A value that a JSON Schema allows, to try a function with: `ff invoke` without data.
//
//   const document::Node order = example_of(schema);  // {"count":3}, if its minimum is 3
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "document/node.h"

namespace ofn::dev {

// Understands what the schemas of typed functions have (typed/type_schemas.h): types, properties, required ones, items, limits of
// numbers, texts and lists, enums, constants, patterns, references, and the usual formats. Of a recursive type the recursion ends as
// early as it may. Optional members are there, too, unless that would never end.
// Cost: linear in the example.
document::Node example_of(const document::Node& schema);

// A limit of the schema: "minimum", "maxLength", …; `otherwise` if the schema has none. A count is at most a million.
double schema_number(const document::Node& schema, std::string_view name, double otherwise);
std::size_t schema_count(const document::Node& schema, std::string_view name,
                         std::size_t otherwise);

// A text that the pattern matches; nullopt if it has parts that this does not understand, such as a look-ahead.
std::optional<std::string> matching_text(std::string_view pattern);

}  // namespace ofn::dev
