#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(PathParameters, ReachFunctionsOfEachKind) {
  Program program;
  EXPECT_THAT(program.get("/http/Ada"), HasBody("hello, Ada\n"));
  EXPECT_THAT(program.post("/openfunction/Ada", "data"), HasBody("hello, Ada: data\n"));
  EXPECT_THAT(
      program.invoke_route("PUT", "/typed/Ada", R"({"word":"welcome"})", "application/json"),
      JsonBody(R"({"word":"welcome, Ada"})"));
  EXPECT_THAT(program.get("/typed/Ada"), HasStatus(405));
  EXPECT_THAT(program.get("/other/Ada"), HasStatus(404));
}
