#include "base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace ofn {
namespace {

void check(std::string_view sequence, bool expected) {
  EXPECT_EQ(is_utf8(sequence), expected) << ::testing::PrintToString(std::string(sequence));
  // The result is the same at every distance from the start and the end of a long ASCII text.
  for (std::size_t before = 0; before < 70; before += 3) {
    for (const std::size_t after : {0, 1, 7, 8, 31, 32, 33}) {
      const std::string text =
          std::string(before, 'a') + std::string(sequence) + std::string(after, 'z');
      EXPECT_EQ(is_utf8(text), expected)
          << ::testing::PrintToString(std::string(sequence)) << " at " << before;
    }
  }
}

TEST(Utf8, WellFormed) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "plain"sv, "\0"sv, "\x7F"sv, "\u00e9"sv, "\u20ac"sv, "\U0001F600"sv, "\xC2\x80"sv,
        "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xEF\xBF\xBF"sv,
        "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv}) {
    check(text, true);
  }
}

TEST(Utf8, IllFormed) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"\x80"sv,
                                      "\xBF"sv,
                                      "\xC0\x80"sv,
                                      "\xC1\xBF"sv,
                                      "\xC2"sv,
                                      "\xC2\x41"sv,
                                      "\xC2\xC0"sv,
                                      "\xE0\x9F\xBF"sv,
                                      "\xED\xA0\x80"sv,
                                      "\xED\xBF\xBF"sv,
                                      "\xE2\x82"sv,
                                      "\xE2\x82\x41"sv,
                                      "\xF0\x8F\xBF\xBF"sv,
                                      "\xF4\x90\x80\x80"sv,
                                      "\xF5\x80\x80\x80"sv,
                                      "\xF0\x9F\x98"sv,
                                      "\xF0\x9F\x98\x41"sv,
                                      "\xFE"sv,
                                      "\xFF"sv,
                                      "\xF8\x88\x80\x80\x80"sv}) {
    check(text, false);
  }
}

TEST(Utf8, IsClippedBetweenTwoCharacters) {
  EXPECT_EQ(clipped("", 0), "");
  EXPECT_EQ(clipped("abc", 3), "abc");
  EXPECT_EQ(clipped("abc", 2), "ab");
  EXPECT_EQ(clipped("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
  EXPECT_EQ(clipped("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(clipped("a\xE2\x82\xAC", 1), "a");
  EXPECT_EQ(clipped("\xE2\x82\xAC", 2), "");
}

}  // namespace
}  // namespace ofn
