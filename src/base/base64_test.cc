#include "base/base64.h"

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(Base64, Vectors) {  // RFC 4648 §10
  const auto check = [](std::string_view bytes, std::string_view text) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), std::optional<std::string>(bytes));
  };
  check("", "");
  check("f", "Zg==");
  check("fo", "Zm8=");
  check("foo", "Zm9v");
  check("foob", "Zm9vYg==");
  check("fooba", "Zm9vYmE=");
  check("foobar", "Zm9vYmFy");
  check(std::string_view("\0\xFF\xFE", 3), "AP/+");
}

TEST(Base64, Refused) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm 9", "Zm9v\n",
                                      "====", "Zg==Zg==", "Z===", "Zm-_", "=Zg="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), std::optional(bytes));
  }
}

}  // namespace
}  // namespace ofn
