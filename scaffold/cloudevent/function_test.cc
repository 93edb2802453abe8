#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Function, Works) {
  Program program;
  const Result result = program.send_event(ofn::CloudEvent("1", "/shop", "order").data("a book"));
  EXPECT_THAT(result, HasBody("seen: a book"));
  EXPECT_THAT(result, HasField("ce-type", "order.seen"));
}

TEST(Function, RefusesBadInput) {
  Program program;
  EXPECT_THAT(program.send_event(ofn::CloudEvent("1", "/shop", "order")), HasStatus(400));
}
