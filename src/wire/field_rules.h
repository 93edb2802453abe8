// What fields and targets mean whatever the HTTP version, so that HTTP/1.1 and HTTP/2 cannot read one request in two ways.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>

namespace ofn::wire {

// No method in use is half as long (the longest registered one has 17 characters); longer: 501, as RFC 9112 §3 says.
inline constexpr std::size_t kMaxMethod = 64;

// A field of this name says how a message is framed or routed, or is about one connection. As a trailer it would change
// what was understood from the head, if anybody merged the two (RFC 9110 §6.5.1): a message that has one is refused.
bool may_not_trail(std::string_view name);

// The value of all Cookie fields together: one list, joined by "; " (RFC 9113 §8.2.3, RFC 6265 §5.4).
std::string join_cookies(std::span<const Field> fields);

// "application/grpc", alone or with a suffix ("+proto", ";…").
bool is_grpc_content_type(std::string_view text);

// Is this origin-form target well-formed: a strict path, and behind the first '?' whatever a browser or curl sends there?
bool well_formed_target(std::string_view target);

}  // namespace ofn::wire
