// Tells which header fields may go into a request of the local sidecar.
#pragma once

#include <string_view>

namespace ofn::localdapr {

// RFC 9110 §5.1, §5.6.2: a token.
bool is_field_name(std::string_view name);
// Nothing that ends a line, and no other control character but the tab.
bool is_field_value(std::string_view value);
// The fields that a client writes itself, whatever a caller sets.
bool is_framing_field(std::string_view name);

}  // namespace ofn::localdapr
