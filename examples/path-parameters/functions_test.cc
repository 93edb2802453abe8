#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(PathParameters, ReachFunctionsOfEachKind) {
  Program program;
  EXPECT_THAT(program.get("/http/Ada"), HasBody("hello, Ada\n"));
  EXPECT_THAT(program.post("/openfunction/Ada", "data"), HasBody("hello, Ada: data\n"));
  EXPECT_THAT(
      program.invoke_route("PUT", "/typed/Ada", R"({"word":"welcome"})", "application/json"),
      JsonBody(R"({"word":"welcome, Ada"})"));
  const Result event = program.send_event(ofn::CloudEvent("1", "/shop", "order"),
                                          EventMode::kBinary, "/cloudevent/Grace%20H");
  EXPECT_THAT(event, HasBody("hello, Grace H"));
  EXPECT_THAT(event, HasField("ce-type", "greeting"));
}

TEST(PathParameters, AreOfTheRoutesMethods) {
  Program program;
  EXPECT_THAT(program.post("/typed/Ada", ""), HasField("allow", "PUT"));
  EXPECT_THAT(program.get("/other/Ada"), HasStatus(404));
}
