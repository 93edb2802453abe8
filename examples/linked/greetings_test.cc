#include <ofn/testing/gtest.h>

using namespace ofn::testing;

namespace app {
std::string hello(const ofn::Request& request);
std::string goodbye();
}  // namespace app

TEST(Greetings, NameTheClient) {
  EXPECT_THAT(invoke<app::hello>({.target = "/?name=Ada"}), HasBody("hello, Ada\n"));
  EXPECT_THAT(invoke<app::goodbye>(), HasBody("goodbye\n"));
}

TEST(Greetings, HaveTheirOwnPaths) {
  Program program;
  EXPECT_THAT(program.get("/app/goodbye"), HasBody("goodbye\n"));
}
