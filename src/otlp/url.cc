#include "otlp/url.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "context/units.h"
#include "wire/authority.h"
#include "wire/field_rules.h"

namespace ofn::otlp {
namespace {

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!equal_ignoring_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string Url::text() const { return (tls ? "https://" : "http://") + endpoint.text() + path; }

std::expected<Url, std::string> parse_url(std::string_view text) {
  const auto wrong = [](std::string expected) { return std::unexpected(std::move(expected)); };
  Url url;
  url.tls = take_prefix(text, "https://");
  if (!url.tls && !take_prefix(text, "http://"))
    return wrong("http://host:port or https://host:port");
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  const std::string_view path = text.substr(end);
  if (authority.contains('@')) return wrong("an address without a user; a header carries secrets");
  if (authority.contains('%') || !wire::valid_authority(authority)) {
    return wrong("a host, or a host and a port, behind http://");
  }
  url.endpoint.port = url.tls ? 443 : 80;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const auto port = parse_port(authority.substr(colon + 1));
    if (!port) return wrong("a port from 1 to 65535 behind the host");
    url.endpoint.port = *port;
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[')) authority = authority.substr(1, authority.size() - 2);
  url.endpoint.host = authority;
  if (path.starts_with('/')) {
    url.path = path;
  } else if (!path.empty()) {
    url.path += path;
  }
  if (!wire::well_formed_target(url.path))
    return wrong("a path without blanks, control characters and #");
  return url;
}

}  // namespace ofn::otlp
