#include <ofn/testing/gtest.h>

using namespace ofn::testing;

const Options kOptions{.context_file = "func_context.json"};
const std::string kHot = R"({"place":"oven","celsius":90})";

TEST(Function, Works) {
  Program program(kOptions);
  EXPECT_THAT(program.deliver("measurements", kHot), SentTo("alarms"));
}

TEST(Function, IgnoresBadInput) {
  Program program(kOptions);
  const Result result = program.deliver("measurements", "no JSON");
  EXPECT_THAT(result, SentNothing());
  EXPECT_THAT(result, IsAcknowledged());
}

TEST(Function, IsCalledAgainIfTheOutputFails) {
  Program program(kOptions);
  program.sidecar().fail("alarms", Fault::kUnreachable);
  EXPECT_THAT(program.deliver("measurements", kHot), testing::Not(IsAcknowledged()));
}
