#include "wire/grpc/compression.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "wire/grpc/compress_for_test.h"

namespace ofn::wire::grpc {
namespace {

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
