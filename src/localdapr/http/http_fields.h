// Checks which header fields may be in a request of the local sidecar.
#pragma once

#include <string_view>

namespace ofn::localdapr {

// Returns true for a token (RFC 9110 §5.1, §5.6.2).
bool is_field_name(std::string_view name);
// Returns true if the value contains no line end, and no other control character except tab.
bool is_field_value(std::string_view value);
// Returns true for the fields that only the client itself sets.
bool is_framing_field(std::string_view name);

}  // namespace ofn::localdapr
