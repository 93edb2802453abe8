// The address of the Dapr sidecar, or of the platform's standalone proxy.
//
//   auto address = resolve_sidecar(env);   // DAPR_GRPC_ENDPOINT, else DAPR_HOST + DAPR_GRPC_PORT
//   connect({address->host, address->port, address->unix_path});
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "context/environment.h"
#include "document/problem.h"

namespace ofn {

inline constexpr std::uint16_t kDefaultSidecarPort = 50001;  // daprd's --dapr-grpc-port

// A value. It has the same three parts as wire's Endpoint.
struct SidecarAddress {
  std::string host = "127.0.0.1";  // a name or a literal, IPv6 without brackets; empty for a socket
  std::uint16_t port = kDefaultSidecarPort;
  std::string unix_path;  // a Unix socket if not empty; a leading '@' means the abstract namespace
  // The variables that set it, for messages: "DAPR_HOST, DAPR_GRPC_PORT"; empty for the default.
  std::string origin;

  // Returns true if a variable sets the address. Then the user provides the sidecar, and no local
  // sidecar is started.
  bool configured() const { return !origin.empty(); }
  // "127.0.0.1:50001", "[::1]:50001", "unix:/run/dapr.sock".
  std::string text() const;
  friend bool operator==(const SidecarAddress&, const SidecarAddress&) = default;
};

// Parses one endpoint: `host`, `host:port`, `[::1]:50001`, `http://host:port`, `grpc://host:port`,
// `dns:host:port` (an authority is ignored), `ipv4:…`, `ipv6:…`, `unix:/path`, `unix:///path`,
// `unix-abstract:name`. If there is no port, it is `default_port`. Errors: a text that says what
// was expected. `https://`, `grpcs://` and `?tls=true` are errors because this build has no TLS.
std::expected<SidecarAddress, std::string> parse_endpoint(std::string_view text,
                                                          std::uint16_t default_port);

// Reads DAPR_GRPC_ENDPOINT; or else DAPR_HOST, or else DAPR_SIDECAR_IP (which holds a DNS name),
// with DAPR_GRPC_PORT. Errors: the variable that is wrong.
std::expected<SidecarAddress, Problem> resolve_sidecar(const Environment& env);

}  // namespace ofn
