#include <ofn/testing/gtest.h>

using namespace ofn::testing;

std::string hello(const ofn::Request& request);

TEST(Hello, NamesTheClient) {
  EXPECT_THAT(invoke<hello>({.target = "/?name=Ada"}), HasBody("hello, Ada\n"));
  EXPECT_THAT(invoke<hello>(), HasBody("hello, world\n"));
}
