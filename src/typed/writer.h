// Writes an author's object as JSON, by the description of its type.
#pragma once

#include <string>

#include <ofn/abi.h>

namespace ofn {

// Appends the object's JSON, without blanks. An optional member that is empty is left out.
// Errors: std::runtime_error for a value that JSON cannot represent: a number that is not finite, a text that is not UTF-8, an
// enumerator without a word, a year outside of 0 to 9999, a RawJson that is not JSON. Then `out` may have a part of it.
void write_json(const abi::Type& type, const void* object, std::string& out);

}  // namespace ofn
