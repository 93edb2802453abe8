// The small formats of gRPC over HTTP/2: the frame around a message, grpc-timeout, metadata.
//
//   std::string body = frame(bytes);                      // 00 | length | bytes
//   auto message = unframe(body, {.max_size = 4 << 20});  // bytes again, or the Status that it earns
//
// Spec: grpc/doc/PROTOCOL-HTTP2.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "wire/field_rules.h"
#include "wire/grpc/status.h"

namespace ofn::wire::grpc {

inline constexpr std::size_t kFrameHeadSize = 5;
// What gRPC implementations receive by default.
inline constexpr std::size_t kDefaultMaxMessage = std::size_t{4} * 1024 * 1024;

// Whether the message of a frame is compressed: in the way that grpc-encoding names.
enum class Packing : std::uint8_t { kPlain = 0, kCompressed = 1 };

std::string frame(std::string_view message);
void append_frame(std::string& to, std::string_view message, Packing packing = Packing::kPlain);

struct UnframeRules {
  std::size_t max_size = kDefaultMaxMessage;
  std::string_view encoding = {};   // the peer's grpc-encoding
  std::string* inflated = nullptr;  // where a compressed message's bytes go; null: none is taken
};

// The one message of a unary call's body; the view points into `body`, or into `inflated`.
//   larger than allowed, compressed or not, RESOURCE_EXHAUSTED · compressed in a way that compression.h does not know
//   UNIMPLEMENTED · compressed although the encoding is identity, not what its encoding says, none, a second one, truncated,
//   other flags INTERNAL
std::expected<std::string_view, Status> unframe(std::string_view body, const UnframeRules& rules);

// grpc-timeout: at most eight digits and a unit, H M S m u n. Rounded up; what has passed is "1n".
std::string format_timeout(Duration left);
// nullopt: malformed. More than a Duration holds is Duration::max().
std::optional<Duration> parse_timeout(std::string_view text);

// Is this name one that a call may carry as its own metadata: of lower-case letters, digits and
// "-_.", and not one of the protocol's ("grpc-…", content-type, te, …)?
bool valid_metadata_name(std::string_view name);
// Printable ASCII without blanks around it; any bytes in a `-bin` value, before encoding.
bool valid_metadata_value(std::string_view value);
// Values of names that end in "-bin" travel as base64.
bool is_binary(std::string_view name);
std::string encode_binary(std::string_view bytes);
// Padded or not; several values joined by commas. nullopt: not base64.
std::optional<std::vector<std::string>> decode_binary(std::string_view text);

using wire::is_grpc_content_type;

}  // namespace ofn::wire::grpc
