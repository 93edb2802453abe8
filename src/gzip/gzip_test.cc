#include "gzip/gzip.h"

#include <string>

#include <gtest/gtest.h>

namespace ofn {
namespace {

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * 7919) + " ";
  text.resize(size);
  return text;
}

constexpr std::size_t kMost = std::size_t{1} << 20;

TEST(Gzip, WhatIsCompressedComesBack) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, kMost}) {
    const std::string text = text_of(size);
    EXPECT_EQ(decompress("gzip", gzip(text, 6), kMost).value(), text);
    EXPECT_EQ(decompress("X-GZIP", gzip(text, 1), kMost).value(), text);
  }
}

TEST(Gzip, SeveralMembersAreOneText) {
  EXPECT_EQ(decompress("gzip", gzip("a", 6) + gzip("b", 6), kMost).value(), "ab");
}

TEST(Gzip, CutAtEveryByteOrFollowedByMoreItIsBroken) {
  const std::string whole = gzip(text_of(200), 6);
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_EQ(decompress("gzip", whole.substr(0, i), kMost).error(), DecompressError::kBroken) << i;
  EXPECT_EQ(decompress("gzip", whole + "x", kMost).error(), DecompressError::kBroken);
  EXPECT_EQ(decompress("deflate", whole, kMost).error(), DecompressError::kBroken);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    static_cast<void>(decompress("gzip", changed, kMost));  // ends, whatever it says
  }
}

TEST(Gzip, ABombIsBounded) {
  const std::string bomb = gzip(std::string(kMost * 8, '\0'), 9);
  EXPECT_LT(bomb.size(), kMost / 64);
  EXPECT_EQ(decompress("gzip", bomb, kMost).error(), DecompressError::kTooLarge);
  EXPECT_EQ(decompress("gzip", bomb, 0).error(), DecompressError::kTooLarge);
  EXPECT_EQ(decompress("gzip", gzip("abc", 6), 3).value(), "abc");
  EXPECT_EQ(decompress("gzip", gzip("abc", 6), 2).error(), DecompressError::kTooLarge);
}

TEST(Gzip, OtherCodingsAreUnknown) {
  for (const char* coding : {"br", "", "gzip, gzip", "gzipp"})
    EXPECT_EQ(decompress(coding, gzip("a", 6), kMost).error(), DecompressError::kUnknown) << coding;
}

TEST(GzipPieces, EachPieceCanBeReadWhenItHasCome) {
  GzipPieces pieces(6);
  ASSERT_TRUE(pieces.ready());
  std::string sent;
  std::string text;
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{100}, std::size_t{0}, std::size_t{300000}}) {
    const std::string piece = text_of(size);
    text += piece;
    sent += pieces.add(piece);
    // The end is missing, but everything so far is there.
    const std::string so_far = sent;
    EXPECT_EQ(decompress("gzip", so_far, text.size() > 0 ? text.size() - 1 : 0).error(),
              DecompressError::kTooLarge);
  }
  sent += pieces.end();
  EXPECT_EQ(decompress("gzip", sent, kMost).value(), text);
}

TEST(GzipPieces, WithoutAPieceItIsAnEmptyText) {
  GzipPieces pieces(6);
  EXPECT_EQ(decompress("gzip", pieces.end(), kMost).value(), "");
}

}  // namespace
}  // namespace ofn
