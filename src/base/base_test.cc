#include <regex>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace ofn {
namespace {

TEST(Error, TextNamesTheContext) {
  EXPECT_EQ(Error(Code::kInternal, "broken").text(), "broken");
  EXPECT_EQ(Error(Code::kInternal, "broken").with("a", "1").with("b", "2").text(),
            "broken (a=1, b=2)");
}

TEST(Error, CodeNamesAreTheSpecifications) {
  EXPECT_EQ(code_name(Code::kOk), "OK");
  EXPECT_EQ(code_name(Code::kInvalidArgument), "INVALID_ARGUMENT");
  EXPECT_EQ(code_name(Code::kUnavailable), "UNAVAILABLE");
  EXPECT_EQ(code_name(Code::kUnauthenticated), "UNAUTHENTICATED");
  EXPECT_EQ(code_name(static_cast<Code>(99)), "UNKNOWN");
}

TEST(Deadline, NeverPassesByDefault) {
  EXPECT_TRUE(Deadline().is_never());
  EXPECT_FALSE(Deadline().passed(SteadyTime::max() - Duration(1)));
  const SteadyTime now{std::chrono::seconds(10)};
  EXPECT_EQ(Deadline(now + std::chrono::seconds(2)).left(now), std::chrono::seconds(2));
  EXPECT_EQ(Deadline(now).left(now + std::chrono::seconds(2)), Duration::zero());
  EXPECT_EQ(earlier(Deadline(now), Deadline()), Deadline(now));
}

TEST(Random, UuidIsVersion4) {
  Random random(1);
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::string last;
  for (int i = 0; i < 100; ++i) {
    const std::string id = uuid4(random);
    EXPECT_TRUE(std::regex_match(id, form)) << id;
    EXPECT_NE(id, last);
    last = id;
  }
}

}  // namespace
}  // namespace ofn
