#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Functions, HaveTheirOwnRoutes) {
  Program program;
  EXPECT_THAT(program.get("/users"), HasBody("7 Ada\n8 Grace\n"));
  EXPECT_THAT(program.get("/users/7"), HasBody("Ada\n"));
  EXPECT_THAT(program.get("/users/9"), HasStatus(404));
  EXPECT_THAT(program.invoke_route("PATCH", "/users/9", "Linus"), HasBody("stored: 9 Linus"));
  EXPECT_THAT(program.post("/users/9", "Linus"), HasField("allow", "GET, HEAD, PATCH, PUT"));
  EXPECT_THAT(program.get("/files/a/b.txt"), HasBody("the file a/b.txt\n"));
  EXPECT_THAT(
      program.send_event(ofn::CloudEvent("1", "/shop", "order"), EventMode::kBinary, "/events"),
      IsOk());
  EXPECT_THAT(program.get("/version"), HasBody("1\n"));
  EXPECT_THAT(program.get("/elsewhere"), HasStatus(404));
}
