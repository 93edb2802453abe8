// Base64 with the standard alphabet (RFC 4648 §4). JSON and gRPC's `-bin` metadata carry bytes in
// this form.
//
//   base64_encode("\x01\x02");   // "AQI="
//   base64_decode("AQI=");       // "\x01\x02"
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ofn {

std::string base64_encode(std::string_view bytes);

// Accepts only the strict form: padded to a multiple of four, without other bytes in between,
// unused bits zero (RFC 4648 §3.5). Returns nullopt for any other text.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace ofn
