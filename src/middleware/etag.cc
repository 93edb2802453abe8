#include "middleware/etag.h"

#include <algorithm>
#include <utility>

#include <ofn/redirect.h>

#include "base/sha256.h"

namespace ofn {

namespace {

using internal::EtagComparison;

// Returns true if one of the fields of that name has the ETag, or "*".
bool has_match(std::span<const Field> fields, std::string_view name, std::string_view etag,
               EtagComparison comparison) {
  return std::ranges::any_of(fields, [&](const Field& field) {
    return same_field_name(field.name, name) && internal::names_etag(field.value, etag, comparison);
  });
}

bool describes_a_body(std::string_view name) {
  for (const std::string_view each :
       {"content-type", "content-encoding", "content-language", "content-range"}) {
    if (same_field_name(name, each)) return true;
  }
  return false;
}

// Replaces the answer by one with that status and those of its fields that do not describe a body.
void reduce(Response& response, int status) {
  Response reduced;
  reduced.status(status);
  for (const Header& header : response.headers()) {
    if (!describes_a_body(header.name)) reduced.header(header.name, header.value);
  }
  response = std::move(reduced);
}

}  // namespace

std::string etag_of(std::string_view body) {
  constexpr std::size_t kDigits = 32;
  return '"' + sha256_hex(body).substr(0, kDigits) + '"';
}

Condition condition_of(std::span<const Field> fields, std::string_view etag, TagOf maker) {
  const bool is_made = maker == TagOf::kProgram;
  std::string compressed;
  if (is_made) {
    compressed = etag;
    compressed.insert(compressed.size() - 1, "-gzip");
  }
  const auto matches = [&](std::string_view name, EtagComparison comparison) {
    return has_match(fields, name, etag, comparison) ||
           (is_made && has_match(fields, name, compressed, comparison));
  };
  // RFC 9110 §13.2.2: in this order.
  if (find_field(fields, "if-match") != nullptr && !matches("if-match", EtagComparison::kStrong))
    return Condition::kFailed;
  if (matches("if-none-match", EtagComparison::kWeak)) return Condition::kNotModified;
  return Condition::kSend;
}

void make_not_modified(Response& response) { reduce(response, 304); }

void make_precondition_failed(Response& response) {
  reduce(response, 412);
  response.body("the condition of If-Match is not met\n");
}

}  // namespace ofn
