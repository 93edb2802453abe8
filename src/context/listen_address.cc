#include "context/listen_address.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "context/units.h"

namespace ofn {

std::optional<std::string> parse_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  const bool has_port = std::ranges::count(text, ':') == 1;  // an IPv6 address has more
  if (text.empty() || !printable || has_port ||
      text.find_first_of("/[]@") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<std::uint16_t> parse_listening_port(std::string_view text) noexcept {
  const auto number = parse_number(text);
  if (!number || *number > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const auto port = parse_listening_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  if (host.empty()) return ListenAddress{.host = {}, .port = *port};
  // Without brackets nobody knows where an IPv6 address ends.
  const bool is_bare_ipv6 = !host.starts_with('[') && host.find(':') != std::string_view::npos;
  auto parsed = parse_host(host);
  if (is_bare_ipv6 || !parsed) return std::nullopt;
  return ListenAddress{.host = *std::move(parsed), .port = *port};
}

}  // namespace ofn
