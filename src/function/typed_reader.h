// Reads JSON text into an author's object, by the description of its type. Mistakes are reported as
// sentences.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ofn/abi.h>

namespace ofn {

// Fills `object`, which must be new, and returns nullopt. If the text does not fit, returns the
// reason, and the object may be partly filled:
//   "$.tags[2]: expected a string, found a number"
std::optional<std::string> read_json(std::string_view text, const abi::Type& type, void* object);

// Returns the values that fit the type: "an integer from 0 to 255", "a string", "one of \"red\",
// \"green\"".
std::string expected_text(const abi::Type& type);

}  // namespace ofn
