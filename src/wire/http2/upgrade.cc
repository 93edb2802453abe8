#include "wire/http2/upgrade.h"

#include <algorithm>
#include <array>

#include "base/base64.h"

namespace ofn::wire::http2 {

namespace {

bool about_the_connection(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "connection", "upgrade", "http2-settings",   "keep-alive",
      "te",         "host",    "proxy-connection", "transfer-encoding"};
  return std::ranges::any_of(kNames,
                             [&](std::string_view known) { return same_field_name(name, known); });
}

}  // namespace

std::optional<std::string> decode_http2_settings(std::string_view text) {
  std::string base64(text);
  for (char& c : base64) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  base64.append((4 - base64.size() % 4) % 4, '=');
  return base64_decode(base64);
}

void add_upgraded_head(FieldBlock& head, const Message& request) {
  head.add(":method", request.method);
  head.add(":scheme", request.scheme);
  head.add(":authority", request.authority);
  head.add(":path", request.target);
  std::string name;
  for (const Field& field : request.fields) {
    // The body was decoded: its length is what the exchange has. An expectation was met.
    if (about_the_connection(field.name) || same_field_name(field.name, "expect")) continue;
    name.assign(field.name);
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    head.add(name, field.value);
  }
}

}  // namespace ofn::wire::http2
