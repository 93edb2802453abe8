// What typed functions need of the host: their JSON (<ofn/typed.h>), and their schema.
//
//   function.invoke({.request = &request, .codec = &typed_codec()}, outcome);
#pragma once

#include <span>
#include <string>

#include <ofn/abi.h>

#include "function/function.h"

namespace ofn {

// Reads requests and writes responses. Strict: a body is one JSON text (RFC 8259), no member twice,
// nested at most 64 deep, numbers within the field's range.
// Errors: 415 for another media type than application/json or …+json (none at all is taken for
//   JSON); 400 with the JSON path, what was expected and what was found. Values are not repeated,
//   numbers excepted. write() throws std::runtime_error for a number that is not finite and for text
//   that is not UTF-8.
// Cost: one pass, straight into the author's object; the parser's own buffers. Threads: any.
const abi::CodecTable& typed_codec() noexcept;

// The JSON Schema (2020-12) of every typed function among these, with a final line break:
//   {"$schema": …, "functions": {"order": {"argument": {…}, "result": {…}}}, "$defs": {…}}
std::string schema_of(std::span<const Function> functions);

}  // namespace ofn
