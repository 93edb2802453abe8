// ETags of answers, and the conditions of requests.
//
//   response.header("ETag", etag_of(response.body()));
//   if (condition_of(fields, etag, TagOf::kProgram) == Condition::kNotModified) make_not_modified(response);
//
// Spec: RFC 9110 §8.8.3, §13.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>
#include <ofn/response.h>

namespace ofn {

// Returns a strong ETag, with its quotes: the half of the body's SHA-256. Cost: about 4 ns for each byte.
std::string etag_of(std::string_view body);

enum class Condition : std::uint8_t {
  kSend,         // there is none, or it is met
  kNotModified,  // 304: If-None-Match names the ETag
  kFailed,       // 412: If-Match does not name it
};
// Who has made an answer's ETag. One of the program has a form with "-gzip" for the compressed body, and both count.
enum class TagOf : std::uint8_t { kAuthor, kProgram };
Condition condition_of(std::span<const Field> fields, std::string_view etag, TagOf maker);

// Makes the answer a 304: without a body, and without the fields that describe one (RFC 9110 §15.4.5).
void make_not_modified(Response& response);
// Makes it a 412.
void make_precondition_failed(Response& response);

}  // namespace ofn
