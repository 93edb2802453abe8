// Where a socket listens or connects.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace ofn::wire {

// A value: "127.0.0.1" + 8080, "::1" + 8080, "sidecar.ns.svc" + 50001, or a Unix socket's path.
struct Endpoint {
  std::string host;        // an address, a DNS name, or empty for a Unix socket
  std::uint16_t port = 0;  // 0 when listening: the kernel chooses
  std::string unix_path;   // not empty: a Unix socket; a leading '@' means the abstract namespace

  bool is_unix() const { return !unix_path.empty(); }
  // "127.0.0.1:8080", "[::1]:8080", "unix:/run/x.sock".
  std::string text() const {
    if (is_unix()) return "unix:" + unix_path;
    const bool ipv6 = host.find(':') != std::string::npos;
    return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
  bool operator==(const Endpoint&) const = default;
};

}  // namespace ofn::wire
