#include "wire/grpc/compression.h"

#include <string>
#include <string_view>
#include <zlib.h>

#include <gtest/gtest.h>

namespace ofn::wire::grpc {
namespace {

std::string compress(std::string_view encoding, std::string_view text) {
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

constexpr std::size_t kLimit = std::size_t{1} << 20;

Code code_of(std::string_view encoding, std::string_view bytes, std::size_t limit = kLimit) {
  const auto result = decompress(encoding, bytes, limit);
  if (result) return Code::kOk;
  EXPECT_FALSE(result.error().message.empty());
  return result.error().code;
}

TEST(Compression, ReadsBothEncodings) {
  std::string noise(300'000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i >> 7U);
  for (const std::string_view encoding : {"gzip", "deflate"}) {
    for (const std::string& text : {std::string(), std::string("x"), std::string(16384, 'y'),
                                    std::string(16385, 'z'), noise}) {
      const auto read = decompress(encoding, compress(encoding, text), kLimit);
      ASSERT_TRUE(read) << encoding << text.size() << read.error().message;
      EXPECT_TRUE(*read == text);
    }
  }
  const auto members = decompress("gzip", compress("gzip", "ab") + compress("gzip", "cd"), kLimit);
  ASSERT_TRUE(members);
  EXPECT_EQ(*members, "abcd");
}

TEST(Compression, RefusesWhatIsNotWhole) {
  for (const std::string_view encoding : {"gzip", "deflate"}) {
    const std::string whole = compress(encoding, "a message that is compressed");
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(code_of(encoding, std::string_view(whole).substr(0, size)), Code::kInternal)
          << size;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string wrong = whole;
      wrong[at] = static_cast<char>(wrong[at] ^ 0x55);
      // Some bytes of gzip's head say nothing (its time, its system): no crash is all that is asked of them.
      (void)code_of(encoding, wrong);
    }
    EXPECT_EQ(code_of(encoding, whole + "x"), Code::kInternal);
    EXPECT_EQ(code_of(encoding, "neither of them"), Code::kInternal);
  }
  EXPECT_EQ(code_of("gzip", compress("deflate", "x")), Code::kInternal);
  EXPECT_EQ(code_of("deflate", compress("gzip", "x")), Code::kInternal);
  for (const std::string_view unknown : {"br", "zstd", "snappy", "GZIP", "gzip, gzip", "x-gzip"})
    EXPECT_EQ(code_of(unknown, compress("gzip", "x")), Code::kUnimplemented) << unknown;
}

TEST(Compression, IsBounded) {
  for (const std::string_view encoding : {"gzip", "deflate"}) {
    const std::string bomb = compress(encoding, std::string(std::size_t{64} << 20, '\0'));
    EXPECT_LT(bomb.size(), 100'000U);
    EXPECT_EQ(code_of(encoding, bomb), Code::kResourceExhausted);
    const std::string text(1000, 'x');
    EXPECT_EQ(code_of(encoding, compress(encoding, text), 1000), Code::kOk);
    EXPECT_EQ(code_of(encoding, compress(encoding, text), 999), Code::kResourceExhausted);
    EXPECT_EQ(code_of(encoding, compress(encoding, text), 0), Code::kResourceExhausted);
    EXPECT_EQ(code_of(encoding, compress(encoding, ""), 0), Code::kOk);
  }
}

}  // namespace
}  // namespace ofn::wire::grpc
