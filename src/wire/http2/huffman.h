// HPACK's Huffman code, read. nghttp2 reads it for every field but those that it refuses for their size (large_fields.h).
//
// Spec: RFC 7541 §5.2, Appendix B.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ofn::wire::http2 {

// The text, or its first `most` bytes and one more where it is longer; nullopt: no such code.
std::optional<std::string> huffman_decode(std::string_view code, std::size_t most);

}  // namespace ofn::wire::http2
