#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Out spread(ofn::Context& context, ofn::Bytes data);

TEST(Spread, SendsEachOutputItsOwn) {
  Program program = Program::of<spread>({.context_file = "func_context.json"});
  const Result result = program.invoke("data");
  EXPECT_THAT(result, HasBody("archive: sent\nevents: sent\n"));
  EXPECT_THAT(result, SentTo("archive", "for archive: data\n"));
  EXPECT_THAT(result, SentTo("events", "for events: data\n"));
  EXPECT_EQ(result.sent.size(), 2U) << "the answer itself is not sent";
}

TEST(Spread, TellsWhichFailed) {
  Program program = Program::of<spread>({.context_file = "func_context.json"});
  program.sidecar().fail("archive", Fault::kRefused);
  const Result result = program.invoke("data");
  EXPECT_THAT(result, BodyContains("events: sent\n"));
  EXPECT_THAT(result, testing::Not(BodyContains("archive: sent\n")));
}
