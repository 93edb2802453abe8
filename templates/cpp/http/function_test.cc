// Calls the function without a server. README.md says how to run it.
#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Response handle(const ofn::Request& request);

TEST(Handle, NamesTheClient) {
  EXPECT_THAT(invoke<handle>({.target = "/?name=Ada"}), HasBody("hello, Ada\n"));
}

TEST(Handle, SendsJsonBack) {
  const Result echo = Program::of<handle>().post_json("/", "{}");
  EXPECT_THAT(echo, HasBody("{}"));
  EXPECT_THAT(echo, HasField("content-type", "application/json"));
}
