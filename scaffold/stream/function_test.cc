#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Function, Works) {
  Program program;
  const Result result = program.get("/?count=2");
  EXPECT_THAT(result, IsOk());
  EXPECT_THAT(result, BodyContains("data: 2"));
}

TEST(Function, RefusesBadInput) {
  Program program;
  EXPECT_THAT(program.get("/?count=many"), HasStatus(400));
}
