#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Response hello(const ofn::Request& request);

TEST(Hello, NamesTheClient) {
  EXPECT_THAT(invoke<hello>({.target = "/?name=Ada"}), HasBody("hello, Ada\n"));
  EXPECT_THAT(invoke<hello>(), HasBody("hello, world\n"));
}

TEST(Hello, TakesOnlyGet) {
  const Result refused = invoke<hello>({.method = "PUT"});
  EXPECT_THAT(refused, HasStatus(405));
  EXPECT_THAT(refused, HasBody("only GET\n"));
}
