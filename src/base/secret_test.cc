#include "base/secret.h"

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(SameSecret, OnlyTheSameIs) {
  struct Case {
    std::string_view given;
    std::string_view secret;
    bool same;
  };
  using namespace std::string_view_literals;
  for (const Case& c :
       {Case{"abc", "abc", true}, Case{"abd", "abc", false}, Case{"", "abc", false},
        Case{"ab", "abc", false}, Case{"abcabc", "abc", false}, Case{"abc", "", false},
        Case{"", "", true}, Case{"a\0c"sv, "a\0c"sv, true}, Case{"\xff", "\x7f", false}}) {
    EXPECT_EQ(same_secret(c.given, c.secret), c.same) << c.given << " " << c.secret;
  }
}

}  // namespace
}  // namespace ofn
