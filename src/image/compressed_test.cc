#include "image/compressed.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "gzip/gzip.h"

namespace ofn::image {
namespace {

Sink append_to(std::string& text) {
  return [&text](std::string_view bytes) -> Result<void> {
    text += bytes;
    return {};
  };
}

std::string random_like(std::size_t size) {
  std::string text;
  unsigned state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>(state >> 24U);
  }
  return text;
}

// Returns the text, or the error's message.
std::string unzipped(std::string_view bytes, std::size_t piece) {
  std::string text;
  auto reader = Decompressor::make(Compression::kGzip, append_to(text));
  if (!reader) return reader.error().message();
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (auto added = (*reader)->add(bytes.substr(0, piece)); !added) return added.error().message();
  }
  const auto ended = (*reader)->end();
  return ended ? text : ended.error().message();
}

TEST(Compressed, IsWhatWasGiven) {
  for (const std::string& text :
       {std::string(), std::string(1'000'000, 'x'), random_like(300'000)}) {
    for (const std::size_t piece : {std::size_t{999}, text.size() + 1}) {
      std::string zipped;
      auto writer = Compressor::make(append_to(zipped));
      for (std::size_t at = 0; at < text.size(); at += piece) {
        ASSERT_TRUE((*writer)->add(std::string_view(text).substr(at, piece)));
      }
      ASSERT_TRUE((*writer)->end());
      EXPECT_EQ(zipped, gzip(text)) << "however it is cut";
      EXPECT_EQ(unzipped(zipped, 7), text);
      EXPECT_EQ(unzipped(zipped, zipped.size()), text);
    }
  }
}

TEST(Compressed, MayHaveSeveralMembers) {
  const std::string zipped = gzip("one ") + gzip("two");
  EXPECT_EQ(unzipped(zipped, 1), "one two");
  EXPECT_EQ(unzipped(zipped, zipped.size()), "one two");
}

TEST(Compressed, IsAnErrorIfItIsDamaged) {
  const std::string zipped = gzip(random_like(100'000));
  EXPECT_EQ(unzipped(zipped.substr(0, zipped.size() - 1), 1000), "is cut short");
  EXPECT_EQ(unzipped("", 1), "is cut short");
  EXPECT_EQ(unzipped("no gzip", 1000), "is not compressed as its media type says, or is damaged");
  std::string wrong = zipped;
  wrong[wrong.size() - 5] ^= 1;  // its checksum
  EXPECT_EQ(unzipped(wrong, 1000), "is not compressed as its media type says, or is damaged");
}

// The sink ends the reading.
TEST(Compressed, ReturnsTheSinksError) {
  auto reader = Decompressor::make(Compression::kGzip, [](std::string_view) -> Result<void> {
    return fail(Code::kResourceExhausted, "enough");
  });
  const auto added = (*reader)->add(gzip("text"));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message(), "enough");
}

}  // namespace
}  // namespace ofn::image
