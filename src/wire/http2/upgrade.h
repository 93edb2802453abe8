// An HTTP/1.1 request that asked for `Upgrade: h2c`, as HTTP/2 sees it (RFC 7540 §3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/exchange.h"
#include "wire/http2/field_block.h"

namespace ofn::wire::http2 {

// The value of HTTP2-Settings: the payload of a SETTINGS frame, in base64url without padding.
// nullopt: malformed, or with a value that is not allowed.
std::optional<std::string> decode_http2_settings(std::string_view text);

// The request's head as stream 1 would have sent it: names in lower case, nothing that was about the
// HTTP/1.1 connection.
void add_upgraded_head(FieldBlock& head, const Message& request);

}  // namespace ofn::wire::http2
