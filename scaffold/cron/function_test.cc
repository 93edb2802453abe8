#include <ofn/testing/gtest.h>

using namespace ofn::testing;

const Options kOptions{.context_file = "func_context.json"};

TEST(Function, Works) {
  Program program(kOptions);
  const Result result = program.deliver("clock", "");
  EXPECT_THAT(result, IsAcknowledged());
  EXPECT_THAT(result, SentTo("archive", "tick\n"));
}

TEST(Function, IsCalledAgainIfTheOutputFails) {
  Program program(kOptions);
  program.sidecar().fail("archive", Fault::kUnreachable);
  EXPECT_THAT(program.deliver("clock", ""), testing::Not(IsAcknowledged()));
}
