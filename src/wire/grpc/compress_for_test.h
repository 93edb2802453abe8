// What a peer does that compresses its messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <zlib.h>

#include <gtest/gtest.h>

namespace ofn::wire::grpc {

// `encoding` is "gzip" or "deflate".
inline std::string compress(std::string_view encoding, std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + (encoding == "gzip" ? 16 : 0), 8,
                         Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  const std::size_t made = stream.total_out;
  deflateEnd(&stream);
  return out.substr(0, made);
}

}  // namespace ofn::wire::grpc
