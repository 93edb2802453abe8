// A Response, and what the server adds to it, as the bytes of HTTP/1.1.
//
//   const BodyPlace body = write_response(out, response, {.date = date.at(now)});
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>
#include <ofn/response.h>

namespace ofn::wire::http1 {

// The Connection field of a response. Nothing means "keep alive" in HTTP/1.1.
enum class ConnectionField { kNone, kKeepAlive, kClose };

// Whether the request's method lets a body follow the head.
enum class Method { kHead, kOther };

// How the peer learns where the body ends.
enum class BodyEnd {
  kLength,   // Content-Length
  kChunked,  // it follows in chunks
  kClose,    // it follows, and the connection closes behind it: HTTP/1.0
};

// Where the body is after write_response.
enum class BodyPlace {
  kDone,      // behind the head, or there is none to send
  kSeparate,  // still in the response: too large to copy; to be sent next
};

// Larger bodies are not copied behind the head.
inline constexpr std::size_t kMaxInlineBody = std::size_t{16} * 1024;

struct ResponseContext {
  std::span<const Field> extra = {};  // sent behind the response's own fields
  std::string_view date = {};
  ConnectionField connection = ConnectionField::kNone;
  Method method = Method::kOther;
  BodyEnd body_end = BodyEnd::kLength;  // all but this: the response's own body is not sent
};

// Appends the response to `out`. The response has passed response_problem().
// Content-Length, but for 204 and 304, unless the body follows; `text/plain; charset=utf-8` when there
// is a body and nobody named its type; Date unless somebody set it. No Server, no ETag.
// Cost: one reservation, one pass.
// Spec: RFC 9112 §4, RFC 9110 §8.6, §9.3.2.
BodyPlace write_response(std::string& out, const Response& response,
                         const ResponseContext& context);

// One piece of a body in chunks, not empty, and its end (RFC 9112 §7.1).
void write_chunk(std::string& out, std::string_view bytes);
void write_last_chunk(std::string& out, std::span<const Field> trailers);

}  // namespace ofn::wire::http1
