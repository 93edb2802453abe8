#include <ofn/testing/gtest.h>

using namespace ofn::testing;

const Options kOptions{.context_file = "func_context.json"};

TEST(Function, Works) {
  Program program(kOptions);
  EXPECT_THAT(program.deliver("orders", "a book"), SentTo("archive", "a book"));
}

TEST(Function, IgnoresBadInput) {
  Program program(kOptions);
  const Result result = program.deliver("orders", "");
  EXPECT_THAT(result, SentNothing());
  EXPECT_THAT(result, IsAcknowledged());
}

TEST(Function, IsCalledAgainIfTheOutputFails) {
  Program program(kOptions);
  program.sidecar().fail("archive", Fault::kUnreachable);
  EXPECT_THAT(program.deliver("orders", "a book"), testing::Not(IsAcknowledged()));
}
