#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Orders, AreKept) {
  Program program;
  const Result made = program.post_json("/orders", R"({"item":"tea","count":2})");
  EXPECT_THAT(made, HasStatus(201));
  EXPECT_THAT(made, HasField("location", "/orders/1"));
  EXPECT_THAT(program.get("/orders/1"), JsonBody(made.body));
  EXPECT_THAT(program.get("/orders/2"), HasStatus(404));
}

TEST(Orders, HaveLimits) {
  Program program;
  const Result refused = program.post_json("/orders", R"({"item":"","count":101})");
  EXPECT_THAT(refused, HasStatus(400));
  EXPECT_THAT(refused, BodyContains("$.item"));
  EXPECT_THAT(refused, BodyContains("$.count"));
}
