// The notations of addresses to listen on. Each function returns nullopt for any other text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ofn {

inline constexpr std::string_view kExpectedListeningPort = "a number from 0 to 65535";
inline constexpr std::string_view kExpectedListenAddress =
    "an address and a port, such as [::]:8080, 127.0.0.1:8080 or :8080";

struct ListenAddress {
  std::string host;  // IPv6 without brackets; empty if the text has a port only
  std::uint16_t port = 0;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// Parses an address or a host name without a port. IPv6 with or without brackets, because a URL
// needs them, and a socket must not have them.
std::optional<std::string> parse_host(std::string_view text);
// 0 is a port to listen on, too: any free one.
std::optional<std::uint16_t> parse_listening_port(std::string_view text) noexcept;
// Parses "127.0.0.1:8080", "[::]:8080" and ":8080".
std::optional<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace ofn
