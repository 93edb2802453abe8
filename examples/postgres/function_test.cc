// The database that DATABASE names has an empty table `items`.
#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Items, AreMadeReadChangedAndDeleted) {
  Program program;
  const Result made =
      program.post_json("/items", R"({"name":"O'Brien; DROP TABLE items","cents":450})");
  EXPECT_THAT(made, HasStatus(201));
  const std::string place = made.field("location");
  EXPECT_THAT(program.get(place), JsonBody(made.body));
  EXPECT_THAT(
      program.invoke_route("PUT", place, R"({"name":"tea","cents":500})", "application/json"),
      IsOk());
  EXPECT_THAT(program.get("/items"), BodyContains(R"("cents":500)"));
  EXPECT_THAT(program.invoke_route("DELETE", place), IsOk());
  EXPECT_THAT(program.get(place), HasStatus(404));
  EXPECT_THAT(program.invoke_route("PUT", place, R"({"name":"tea","cents":1})", "application/json"),
              HasStatus(404));
  EXPECT_THAT(program.invoke_route("DELETE", place), HasStatus(404));
}

TEST(Items, HaveANameAndAPrice) {
  Program program;
  const Result refused = program.post_json("/items", R"({"name":"","cents":-1})");
  EXPECT_THAT(refused, HasStatus(400));
  EXPECT_THAT(refused, BodyContains("$.name"));
  EXPECT_THAT(refused, BodyContains("$.cents"));
  EXPECT_THAT(program.get("/items/x"), HasStatus(404));
}
