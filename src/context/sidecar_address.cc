#include "context/sidecar_address.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "context/units.h"

namespace ofn {
namespace {

constexpr std::string_view kForms =
    "host:port, [ipv6]:port, http://host:port, dns:host:port or unix:/path";
constexpr std::string_view kNoTls =
    "an endpoint without TLS, which is not available in this build (use http:// and let the "
    "sidecar or a "
    "mesh encrypt)";
// sockaddr_un's sun_path is 108 bytes, one of them for the NUL.
constexpr std::size_t kMaxSocketPath = 107;

using Parsed = std::expected<SidecarAddress, std::string>;

Parsed wrong(std::string_view expected) { return std::unexpected(std::string(expected)); }

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!equal_ignoring_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

bool is_ipv6(std::string_view host) {
  const std::string_view address = host.substr(0, host.find('%'));  // a zone may follow the address
  return std::count(address.begin(), address.end(), ':') >= 2 && host.size() <= 64 &&
         std::all_of(address.begin(), address.end(),
                     [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                              (c >= 'A' && c <= 'F') || c == ':' || c == '.';
                     }) &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return c > ' ' && c < 0x7F && c != '/' && c != '[' && c != ']';
         });
}

Parsed parse_host_port(std::string_view text, std::uint16_t default_port) {
  SidecarAddress address;
  address.port = default_port;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return wrong(kForms);
    address.host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!is_ipv6(address.host) || !(rest.empty() || rest.starts_with(':'))) return wrong(kForms);
    if (!rest.empty()) port = rest.substr(1);
  } else if (is_ipv6(text)) {
    address.host = text;
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    if (!is_host(address.host)) return wrong(kForms);
  }
  if (port) {
    const auto number = parse_port(*port);
    if (!number) return wrong("a port from 1 to 65535 after the host");
    address.port = *number;
  }
  return address;
}

Parsed parse_socket(std::string_view prefix, std::string_view path) {
  SidecarAddress address;
  address.host.clear();
  address.port = 0;
  address.unix_path = std::string(prefix) + std::string(path);
  if (path.empty() || address.unix_path.size() > kMaxSocketPath) {
    return wrong("a socket path of 1 to 107 bytes");
  }
  return address;
}

// Parses the rest of a URL. Only "", "/" and "?tls=false" may follow the authority.
Parsed parse_url(std::string_view rest, std::uint16_t default_port) {
  const auto question = rest.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  rest = rest.substr(0, question);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (equal_ignoring_case(query, "tls=true")) return wrong(kNoTls);
  if (!query.empty() && !equal_ignoring_case(query, "tls=false")) return wrong(kForms);
  return parse_host_port(rest, default_port);
}

}  // namespace

std::string SidecarAddress::text() const {
  if (unix_path.starts_with('@')) return "unix-abstract:" + unix_path.substr(1);
  // If the path begins with two slashes, "unix:" before it would be read as "unix://" and a
  // relative path.
  if (!unix_path.empty()) return (unix_path.starts_with("//") ? "unix://" : "unix:") + unix_path;
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::expected<SidecarAddress, std::string> parse_endpoint(std::string_view text,
                                                          std::uint16_t default_port) {
  if (take_prefix(text, "https://") || take_prefix(text, "grpcs://")) return wrong(kNoTls);
  if (take_prefix(text, "http://") || take_prefix(text, "grpc://")) {
    return parse_url(text, default_port);
  }
  if (take_prefix(text, "unix-abstract:")) {
    return parse_socket("@", text);
  }
  if (take_prefix(text, "unix:")) {
    // gRPC's naming rules: the path after unix:// is absolute, as in unix:///run/dapr.sock.
    if (take_prefix(text, "//") && !text.starts_with('/')) {
      return wrong("an absolute path after unix://, as in unix:///run/dapr.sock");
    }
    return parse_socket("", text);
  }
  if (take_prefix(text, "dns:")) {
    if (take_prefix(text, "//")) {
      const auto slash = text.find('/');
      if (slash == std::string_view::npos) return wrong(kForms);
      text.remove_prefix(slash + 1);
    }
    return parse_url(text, default_port);
  }
  if (take_prefix(text, "ipv4:") || take_prefix(text, "ipv6:")) {
    return parse_host_port(text, default_port);
  }
  return parse_url(text, default_port);
}

std::expected<SidecarAddress, Problem> resolve_sidecar(const Environment& env) {
  std::uint16_t port = kDefaultSidecarPort;
  const auto port_text = non_empty(env, "DAPR_GRPC_PORT");
  const auto endpoint = non_empty(env, "DAPR_GRPC_ENDPOINT");
  if (port_text) {
    const auto number = parse_port(*port_text);
    if (!number) {
      return std::unexpected(Problem{env.label("DAPR_GRPC_PORT"), "", std::string(kExpectedPort),
                                     quoted_setting(*port_text)});
    }
    port = *number;
  }
  if (endpoint) {
    auto address = parse_endpoint(*endpoint, port);
    if (!address) {
      return std::unexpected(Problem{env.label("DAPR_GRPC_ENDPOINT"), "",
                                     std::move(address.error()), quoted(*endpoint)});
    }
    address->origin = env.label("DAPR_GRPC_ENDPOINT");
    return *address;
  }
  SidecarAddress address;
  address.port = port;
  for (const std::string_view name : {"DAPR_HOST", "DAPR_SIDECAR_IP"}) {
    const auto host = non_empty(env, name);
    if (!host) continue;
    std::string_view text = *host;
    if (text.starts_with('[') && text.ends_with(']')) {
      text = text.substr(1, text.size() - 2);
    }
    if (!is_host(text) && !is_ipv6(text)) {
      return std::unexpected(
          Problem{env.label(name), "",
                  "a host name or address without a port (DAPR_GRPC_PORT has it)", quoted(*host)});
    }
    address.host = text;
    address.origin = env.label(name);
    break;
  }
  if (port_text) {
    address.origin += (address.origin.empty() ? "" : ", ") + env.label("DAPR_GRPC_PORT");
  }
  return address;
}

}  // namespace ofn
