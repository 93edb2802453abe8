#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Out watch(ofn::Context& context, ofn::Bytes data);

Program watcher() { return Program::of<watch>({.context_file = "func_context.json"}); }
constexpr const char* kHot = R"({"place":"oven","celsius":250})";

TEST(Watch, SendsAnAlarmOnlyIfItIsTooHot) {
  Program program = watcher();
  EXPECT_THAT(program.deliver("measurements", kHot), SentTo("alarms", kHot));
  EXPECT_THAT(program.deliver("measurements", R"({"place":"hall","celsius":20})"), SentNothing());
}

TEST(Watch, AcknowledgesWhatCanNeverSucceed) {
  Program program = watcher();
  for (const char* message : {"no JSON", R"({"place":"","celsius":20})"}) {
    const Result ignored = program.deliver("measurements", message);
    EXPECT_THAT(ignored, IsAcknowledged());
    EXPECT_THAT(ignored, Logged("warning: ignored a measurement"));
  }
}

TEST(Watch, KeepsTheMessageUntilTheAlarmIsOut) {
  Program program = watcher();
  program.sidecar().fail("alarms", Fault::kRefused);
  EXPECT_EQ(program.deliver("measurements", kHot).acknowledgement, Acknowledgement::kRetry);
  program.sidecar().heal();
  EXPECT_THAT(program.deliver("measurements", kHot), IsAcknowledged());
}
