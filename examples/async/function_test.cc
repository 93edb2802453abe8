#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Out keep(ofn::Context& context, ofn::Bytes data);

Program keeper() { return Program::of<keep>({.context_file = "func_context.json"}); }

TEST(Keep, AcknowledgesWhatIsKept) {
  Program program = keeper();
  const Result order = program.deliver("orders", "a book");
  EXPECT_THAT(order, IsAcknowledged());
  EXPECT_THAT(order, SentTo("archive", "a book"));
  EXPECT_THAT(program.deliver("clock", ""), SentTo("archive", "tick of clock"));
}

TEST(Keep, DoesNotAcknowledgeWhatIsNotKept) {
  Program program = keeper();
  program.sidecar().fail("archive", Fault::kRefused);
  EXPECT_THAT(program.deliver("orders", "a book"), testing::Not(IsAcknowledged()));
}
