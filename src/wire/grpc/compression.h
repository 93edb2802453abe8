// Messages that are compressed. Answers are never compressed; a request is if its caller wishes (gzip/gzip.h).
//
//   auto bytes = decompress("gzip", received, limit);   // or the Status that they earn
//
// Spec: grpc/doc/compression.md.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "wire/grpc/status.h"

namespace ofn::wire::grpc {

// The value of grpc-accept-encoding: what decompress() knows, and messages as they are.
inline constexpr std::string_view kAcceptedEncodings = "identity, deflate, gzip";

// Never makes more than `max_size` bytes and a little: a few bytes may stand for a thousand times as many.
// Errors: another encoding UNIMPLEMENTED · more than `max_size` RESOURCE_EXHAUSTED · bytes that are not of the encoding, or end
//   too early or too late, INTERNAL.
std::expected<std::string, Status> decompress(std::string_view encoding, std::string_view bytes,
                                              std::size_t max_size);

}  // namespace ofn::wire::grpc
