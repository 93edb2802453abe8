#include <ofn/testing/gtest.h>

using namespace ofn::testing;

std::string numbers(const ofn::Request& request);

TEST(Numbers, GetTheirSum) {
  Program program = Program::of<numbers>({.context_file = "func_context.json"});
  EXPECT_THAT(program.invoke("1 2 3 4"), HasBody("1 2 3 4 = 10"));
  EXPECT_THAT(program.invoke("5"), HasBody("5 = 5"));
  EXPECT_THAT(program.invoke(""), HasBody(" = 0"));
}

TEST(Numbers, ComeWithoutItIfAPluginIsMissing) {
  const char* const context = R"(
name: sum
runtime: Knative
prePlugins: [even, nobody]
postPlugins: [sum]
)";
  Program program = Program::of<numbers>({.context = context, .optional_hooks = {"nobody"}});
  EXPECT_THAT(program.log(), testing::Contains(testing::HasSubstr("optional hook")));
  const Result alone = program.invoke("5");
  EXPECT_THAT(alone, HasBody("5"));
  EXPECT_THAT(alone, Logged("hook failed"));
}
