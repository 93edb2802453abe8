// The size of the buffers that an idle HTTP/1.1 connection keeps.
#pragma once

#include <cstddef>

namespace ofn::wire::http1 {

// A connection keeps a buffer of at most this size for its next request, so that ordinary requests allocate nothing. The memory
// account does not count these buffers: docs/limits.md states their cost for each connection.
inline constexpr std::size_t kKept = std::size_t{4} * 1024;

}  // namespace ofn::wire::http1
