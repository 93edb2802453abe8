// What a peer may ask of us: sizes in bytes, times as durations. Every default is contract; every
// one but target_bytes has a flag (trailers share --max-header-bytes).
#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace ofn::wire {

struct Limits {
  std::size_t head_bytes = std::size_t{64} * 1024;  // request line and fields together; more: 431
  std::size_t head_fields = 100;                    // more: 431
  std::size_t target_bytes =
      std::size_t{16} * 1024;  // more: 414. RFC 9112 §3 asks for 8,000 at least
  std::size_t body_bytes = std::size_t{10} * 1024 * 1024;  // more: 413. The family's limit
  std::size_t trailer_bytes = std::size_t{64} * 1024;      // more: 431
  Duration head_timeout = std::chrono::seconds(10);        // first byte of a head to its last: 408
  Duration body_timeout = std::chrono::seconds(10);        // between two pieces of a body: 408
  Duration idle_timeout =
      std::chrono::seconds(75);  // between requests: closed silently. nginx's default
  Duration write_timeout = std::chrono::seconds(30);  // a peer that takes nothing: reset
};

}  // namespace ofn::wire
