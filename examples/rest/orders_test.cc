#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Orders, AreKept) {
  Program program;
  EXPECT_THAT(program.get("/orders"), JsonBody("[]"));
  const Result made = program.post_json("/orders", R"({"item":"tea","note":"hot"})");
  EXPECT_THAT(made, HasStatus(201));
  EXPECT_THAT(made, HasField("location", "/orders/1"));
  EXPECT_THAT(made, BodyContains(R"("item":"tea","count":1,"note":"hot","id":"1","state":"open")"));
  EXPECT_THAT(program.get("/orders/1"), JsonBody(made.body));
  EXPECT_THAT(program.get("/orders"), JsonBody("[" + made.body + "]"));
  EXPECT_THAT(program.get("/orders/2"), HasStatus(404));
}

TEST(Orders, HaveLimits) {
  Program program;
  const Result refused = program.call(
      {.method = "POST",
       .target = "/orders",
       .fields = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
       .body = R"({"item":"","count":101})"});
  EXPECT_THAT(refused, HasStatus(400));
  EXPECT_THAT(refused, HasField("content-type", "application/problem+json"));
  EXPECT_THAT(refused, BodyContains("#/item"));
  EXPECT_THAT(refused, BodyContains("#/count"));
}
