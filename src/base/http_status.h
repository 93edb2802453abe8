// The names of HTTP's status codes.
#pragma once

#include <string_view>

namespace ofn {

// Returns "Not Found" for 404. Returns an empty text for a code that is not registered (RFC 9110 §15 and IANA's registry).
std::string_view reason_phrase(int status) noexcept;

}  // namespace ofn
