// Reads JSON text into an author's object, by the description of its type.
//
//   const JsonProblems problems = read_json(text, type, object);
//   if (!problems.empty()) say(lines_of(problems));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

namespace ofn {

// A mistake in a text. It contains no value of the text except numbers.
struct JsonProblem {
  std::string path{};     // "$.tags[2]"; empty if the text is not JSON
  std::string pointer{};  // the same as a JSON Pointer (RFC 6901): "/tags/2"
  std::string text{};     // "expected a string, found a number"
};
using JsonProblems = std::vector<JsonProblem>;

// Fills `object`, which must be new, and returns nothing. If the text does not fit, returns what is wrong, and the object may be partly
// filled. All values are checked, but after 20 problems the reading ends.
// Strict: one JSON text (RFC 8259), without duplicate members, nested at most 64 levels deep.
// Errors: bad_alloc, and what a Codec throws except BadInput. Cost: one pass.
JsonProblems read_json(std::string_view text, const abi::Type& type, void* object);

// Returns a line for each problem, without a line break at the end.
std::string lines_of(const JsonProblems& problems);

}  // namespace ofn
