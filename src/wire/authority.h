// The shape of a Host field, an :authority, or the authority of an absolute target.
#pragma once

#include <string_view>

namespace ofn::wire {

// host [":" port] with a host that is not empty, and nothing else: no userinfo, no path, no comma
// (which would be two Host fields merged by somebody on the way). Spec: RFC 9110 §7.2, RFC 3986
// §3.2.
bool valid_authority(std::string_view text) noexcept;

}  // namespace ofn::wire
