// JSON text → an author's object, by its description. What does not fit is a sentence.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ofn/abi.h>

namespace ofn {

// nullopt: `object`, new, has what the text says. Else why not; the object is then half filled:
//   "$.tags[2]: expected a string, found a number"
std::optional<std::string> read_json(std::string_view text, const abi::Type& type, void* object);

// "an integer from 0 to 255", "a string", "one of \"red\", \"green\"": what fits.
std::string expected_text(const abi::Type& type);

}  // namespace ofn
