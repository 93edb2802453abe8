// What an idle HTTP/1.1 connection keeps.
#pragma once

#include <cstddef>

namespace ofn::wire::http1 {

// A buffer of at most this size is kept for the next request, so that ordinary requests allocate nothing. It is not counted:
// docs/limits.md states what each connection costs.
inline constexpr std::size_t kKept = std::size_t{4} * 1024;

}  // namespace ofn::wire::http1
