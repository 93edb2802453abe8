#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::CloudEvent on_event(const ofn::CloudEvent& event);

const ofn::CloudEvent kOrder = ofn::CloudEvent("7", "/shop", "order").data("a book");

TEST(OnEvent, AnswersWithAnEvent) {
  Program program = Program::of<on_event>();
  const Result answer = program.send_event(kOrder);
  EXPECT_THAT(answer, HasBody("seen: a book"));
  EXPECT_THAT(answer, HasField("content-type", "text/plain"));
  EXPECT_THAT(answer, HasField("ce-id", "7-reply"));
  EXPECT_THAT(answer, HasField("ce-type", "order.seen"));
}

TEST(OnEvent, AnswersAsItWasAsked) {
  Program program = Program::of<on_event>();
  const Result answer = program.send_event(kOrder, EventMode::kStructured);
  EXPECT_THAT(answer, BodyContains(R"("data":"seen: a book")"));
}

TEST(OnEvent, RefusesWhatIsNoEvent) {
  Program program = Program::of<on_event>();
  EXPECT_THAT(program.invoke("a book", "text/plain"), HasStatus(400));
}
