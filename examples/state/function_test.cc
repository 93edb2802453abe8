#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Out visit(ofn::Context& context, ofn::Bytes name);

Program counter() { return Program::of<visit>({.context_file = "func_context.json"}); }

TEST(Visit, CountsEachName) {
  Program program = counter();
  EXPECT_THAT(program.invoke("Ada"), HasBody("1\n"));
  EXPECT_THAT(program.invoke("Ada"), HasBody("2\n"));
  EXPECT_THAT(program.invoke("Grace"), HasBody("1\n"));
}

TEST(Visit, CountsAgainIfSomebodyElseHas) {
  Program program = counter();
  EXPECT_THAT(program.invoke("Ada"), HasBody("1\n"));
  program.sidecar().conflict("visits", "Ada", 3);
  EXPECT_THAT(program.invoke("Ada"), HasBody("2\n"));
}

TEST(Visit, SaysThatTheStoreIsOut) {
  Program program = counter();
  program.sidecar().fail("visits", Fault::kUnreachable);
  EXPECT_THAT(program.invoke("Ada"), HasStatus(503));
}
