#include "function/function.h"

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(Signature, NamesAreTheWordsOfTheFlag) {
  for (const char* word : {"http", "cloudevent", "event", "openfunction", "typed"}) {
    const auto signature = parse_signature(word);
    ASSERT_TRUE(signature) << word;
    EXPECT_EQ(signature_name(*signature), word);
  }
  EXPECT_EQ(parse_signature("HTTP"), Signature::kHttp);
  EXPECT_FALSE(parse_signature("unknown"));
  EXPECT_FALSE(parse_signature(""));
  EXPECT_EQ(signature_name(static_cast<Signature>(99)), "unknown");
}

TEST(Signature, EachHasItsOwnRow) {
  for (const Signature signature : {Signature::kHttp, Signature::kCloudEvent, Signature::kEvent,
                                    Signature::kOpenFunction, Signature::kTyped}) {
    EXPECT_EQ(row_of(signature).signature, signature) << signature_name(signature);
  }
}

TEST(Signature, OnlyARealMismatchIsWarnedOf) {
  const Function event{.name = "app::f", .signature = Signature::kCloudEvent};
  EXPECT_FALSE(signature_warning(event, Signature::kCloudEvent));
  EXPECT_FALSE(signature_warning(event, Signature::kHttp));
  const Function http{.name = "app::f", .signature = Signature::kHttp};
  EXPECT_EQ(signature_warning(http, Signature::kCloudEvent),
            "the signature type 'cloudevent' was asked for, but the C++ type of the function "
            "'app::f' is 'http', which is used");
}

}  // namespace
}  // namespace ofn
