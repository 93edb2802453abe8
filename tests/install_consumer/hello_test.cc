#include <ofn/testing/gtest.h>

using ofn::testing::HasBody;
using ofn::testing::HasStatus;

TEST(Hello, NamesTheClient) {
  ofn::testing::Program program;
  EXPECT_THAT(program.get("/?name=Ann"), HasBody("hello, Ann\n"));
}

TEST(Hello, ServesHttp) {
  const ofn::testing::TestServer server;
  EXPECT_NE(server.port(), 0);
}
