#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Function, Works) {
  Program program;
  EXPECT_THAT(program.get("/?name=Ada"), HasBody("hello, Ada\n"));
  EXPECT_THAT(program.get("/"), HasBody("hello, world\n"));
}

TEST(Function, RefusesBadInput) {
  Program program;
  EXPECT_THAT(program.get("/?name="), HasStatus(400));
}
