// The limits of a field: OFN_FIELDS(Order, (count, ofn::min(1), ofn::max(100))).
#pragma once

#include <optional>
#include <string>

#include <ofn/abi.h>

namespace ofn {

// Returns nullopt if the value is within the limits. Otherwise says what was expected and found: "expected a string of 1 to 40 characters,
// found 0". An empty optional has no limits.
std::optional<std::string> beyond_limits(const abi::Type& type, const void* object,
                                         const abi::Limits& limits);

}  // namespace ofn
