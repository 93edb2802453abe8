// The address of the Dapr sidecar (or of the platform's standalone proxy), and which local one may
// stand in.
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

// A value; the same three parts that wire's Endpoint has.
struct SidecarAddress {
  std::string host = "127.0.0.1";  // a name or a literal, IPv6 without brackets; empty for a socket
  std::uint16_t port = kDefaultSidecarPort;
  std::string unix_path;  // a Unix socket if not empty; a leading '@' means the abstract namespace
  // The variables that named it, for messages: "DAPR_HOST, DAPR_GRPC_PORT"; empty for the default.
  std::string origin;

  // Somebody named an address, so it is theirs to be there, and no local sidecar is started.
  bool configured() const { return !origin.empty(); }
  // "127.0.0.1:50001", "[::1]:50001", "unix:/run/dapr.sock".
  std::string text() const;
  friend bool operator==(const SidecarAddress&, const SidecarAddress&) = default;
};

// One endpoint: `host`, `host:port`, `[::1]:50001`, `http://host:port`, `grpc://host:port`,
// `dns:host:port` (an authority is ignored), `ipv4:…`, `ipv6:…`, `unix:/path`, `unix:///path`,
// `unix-abstract:name`. A missing port is `default_port`. Errors: what was expected instead, as a
// text; `https://`, `grpcs://` and `?tls=true` ask for TLS, which this build has not.
std::expected<SidecarAddress, std::string> parse_endpoint(std::string_view text,
                                                          std::uint16_t default_port);

// DAPR_GRPC_ENDPOINT; else DAPR_HOST, else DAPR_SIDECAR_IP (which holds a DNS name), with
// DAPR_GRPC_PORT. Errors: the variable that is wrong.
std::expected<SidecarAddress, Problem> resolve_sidecar(const Environment& env);

}  // namespace ofn
