// What a request or an answer contains, as it may leave the worker: without secrets, and only the beginning of a large body.
//
//   Content content;
//   add_field(content, "Authorization", "Bearer 1f");   // {"Authorization", "(redacted)"}
//   add_body(content, bytes);                           // again with the next piece
//
// Bodies are kept as they are: nothing in them says which part is secret. They go to nobody but the developer who asks for them.
#pragma once

#include <string>
#include <string_view>

#include "dev/event.h"

namespace ofn::dev {

// In the place of a secret value.
inline constexpr std::string_view kRedacted = "(redacted)";

// Returns true if values of this name are secrets: Authorization, Proxy-Authorization, Cookie, Set-Cookie, and names with "token",
// "secret", "password", "passwd" or "api-key" ("api_key", "apikey") in them, in upper or lower case.
bool is_secret(std::string_view name);

void add_field(Content& content, std::string_view name, std::string_view value);
// Appends to the body, as far as Content::kMostKept allows, and counts all of it.
void add_body(Content& content, std::string_view piece);

// Returns the target with kRedacted in the place of secret values in its query: "/a?token=(redacted)&b=1".
std::string without_secrets(std::string_view target);
// Returns true if `parameter`, such as "token=(redacted)", had a secret.
bool is_redacted_parameter(std::string_view parameter);

}  // namespace ofn::dev
