#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Quota, IsOfEachClient) {
  Program program;
  EXPECT_THAT(program.get("/", {{"X-Api-Key", "Ada"}}), HasBody("done\n"));
  EXPECT_THAT(program.get("/", {{"X-Api-Key", "Ada"}}), HasBody("done\n"));
  const Result refused = program.get("/", {{"X-Api-Key", "Ada"}});
  EXPECT_THAT(refused, HasStatus(429));
  EXPECT_THAT(refused, HasField("retry-after", "1"));
  EXPECT_THAT(program.get("/", {{"X-Api-Key", "Grace"}}), HasBody("done\n"));
}
