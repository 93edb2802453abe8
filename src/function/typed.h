// The host's part of typed functions: their JSON (<ofn/typed.h>) and their schema.
//
//   function.invoke({.request = &request, .codec = &typed_codec()}, outcome);
#pragma once

#include <span>
#include <string>

#include <ofn/abi.h>

#include "function/function.h"

namespace ofn {

// Reads requests and writes responses. Strict: a body is one JSON text (RFC 8259), without
// duplicate members, nested at most 64 levels deep, with numbers within the field's range.
// Errors: 415 for a media type other than application/json or …+json (a missing one counts as
// JSON); 400 with the JSON path, what was expected and what was found. The message contains no
// values except numbers. write() throws std::runtime_error for a number that is not finite and for
// text that is not UTF-8.
// Cost: one pass that fills the author's object directly, and the parser's own buffers. Threads:
// any.
const abi::CodecTable& typed_codec() noexcept;

// Returns the JSON Schema (2020-12) of all typed functions in `functions`, with a final line break:
//   {"$schema": …, "functions": {"order": {"argument": {…}, "result": {…}}}, "$defs": {…}}
std::string schema_of(std::span<const Function> functions);

}  // namespace ofn
