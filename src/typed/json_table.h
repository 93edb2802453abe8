// The host's JSON for the author's types: what <ofn/typed.h> and <ofn/json.h> call.
//
//   function.invoke({.request = &request, .json = &json_table()}, outcome);
#pragma once

#include <string_view>

#include <ofn/abi.h>
#include <ofn/request.h>
#include <ofn/response.h>

namespace ofn {

// Reading is strict (typed/reader.h). A request's content type is application/json, …+json or none.
// Errors of a request: 415 for another media type; 400 with each mistake's JSON path, what was expected and what was found.
// Threads: any.
const abi::JsonTable& json_table() noexcept;

// Returns an error for a client. If it accepts JSON, but not anything else, the body is application/problem+json (RFC 9457), otherwise a
// line of text.
Response refusal(const Request& request, int status, std::string_view detail);

}  // namespace ofn
