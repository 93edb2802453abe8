// Calls the function without a server. README.md says how to run it.
#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::CloudEvent handle(const ofn::CloudEvent& event);

TEST(Handle, AnswersWithAnEvent) {
  Program program = Program::of<handle>();
  const Result reply = program.send_event(ofn::CloudEvent("1", "/shop", "order").data("a book"));
  EXPECT_THAT(reply, HasBody("seen: a book"));
  EXPECT_THAT(reply, HasField("ce-id", "1-reply"));
  EXPECT_THAT(reply, HasField("ce-type", "order.seen"));
}

TEST(Handle, NeedsNoData) {
  Program program = Program::of<handle>();
  EXPECT_THAT(program.send_event(ofn::CloudEvent("2", "/shop", "order")), HasBody("seen: no data"));
}
