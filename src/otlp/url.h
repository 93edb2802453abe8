// An address to send to: "https://collector:4318/v1/traces".
//
//   auto url = parse_url("http://collector:4318/v1/traces");
//   if (!url) complain("expected " + url.error());
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "wire/endpoint.h"

namespace ofn::otlp {

// A value.
struct Url {
  bool tls = false;
  wire::Endpoint endpoint;  // a host and a port
  std::string path = "/";   // with its query; gRPC does not use it

  // As above; always with the port.
  std::string text() const;
  friend bool operator==(const Url&, const Url&) = default;
};

// The schemes are http and https. Without a port it is 80 or 443.
// Errors: a text that says what was expected. A user and a password are an error: a header carries such secrets, because the log
// shows the address.
std::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace ofn::otlp
