// Changes of a JSON value: one part replaced, and all values that are a bit smaller.
//
//   const document::Node none = replaced(order, "/count", document::Node::number(0));
//   const std::vector<document::Node> tried = smaller_values(order, "");
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/node.h"

namespace ofn::dev {

// Returns the value with another part at the pointer (RFC 6901, without escapes), which may be a new member; nullopt: without the part.
document::Node replaced(const document::Node& value, std::string_view pointer,
                        const std::optional<document::Node>& instead);

// Returns values that are a bit smaller: without a member or an item, with a shorter text, or a number nearer to zero.
// `kept`: a pointer; what lies on the way to it stays. Empty: nothing has to.
std::vector<document::Node> smaller_values(const document::Node& value, const std::string& kept);

}  // namespace ofn::dev
