#include "wire/http2/upgrade.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/base64.h"
#include "wire/http2/nghttp2_api.h"

namespace ofn::wire::http2 {

namespace {

bool about_the_connection(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "connection", "upgrade", "http2-settings",   "keep-alive",
      "te",         "host",    "proxy-connection", "transfer-encoding"};
  return std::ranges::any_of(kNames,
                             [&](std::string_view known) { return same_field_name(name, known); });
}

// RFC 9113 §6.5.2. In a frame a forbidden value ends the connection, and the request with it.
bool allowed(unsigned id, std::uint32_t value) {
  constexpr std::uint32_t kMaxWindow = 0x7fffffff;
  constexpr std::uint32_t kMinFrame = 16384;
  constexpr std::uint32_t kMaxFrame = 0xffffff;
  switch (id) {
    case NGHTTP2_SETTINGS_ENABLE_PUSH:
      return value <= 1;
    case NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE:
      return value <= kMaxWindow;
    case NGHTTP2_SETTINGS_MAX_FRAME_SIZE:
      return value >= kMinFrame && value <= kMaxFrame;
    default:
      return true;
  }
}

bool well_formed(std::string_view payload) {
  constexpr std::size_t kEntry = 6;
  if (payload.size() % kEntry != 0) return false;
  for (; !payload.empty(); payload.remove_prefix(kEntry)) {
    std::uint64_t entry = 0;
    for (const char byte : payload.substr(0, kEntry))
      entry = entry << 8U | static_cast<unsigned char>(byte);
    if (!allowed(static_cast<unsigned>(entry >> 32U), static_cast<std::uint32_t>(entry)))
      return false;
  }
  return true;
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
  std::optional<std::string> payload = base64_decode(base64);
  if (payload && !well_formed(*payload)) payload.reset();
  return payload;
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
