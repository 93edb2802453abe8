#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::CloudEvent on_event(const ofn::CloudEvent& event);

TEST(OnEvent, AnswersInEachMode) {
  for (const EventMode mode : {EventMode::kBinary, EventMode::kStructured}) {
    Program program = Program::of<on_event>();
    const auto event = ofn::CloudEvent("7", "/shop", "order").data("a book");
    const Result answer = program.send_event(event, mode);
    EXPECT_THAT(answer, IsOk());
    EXPECT_THAT(answer, BodyContains("seen: a book"));
  }
}

TEST(OnEvent, RefusesWhatIsNoEvent) {
  Program program = Program::of<on_event>();
  EXPECT_THAT(program.invoke("a book", "text/plain"), HasStatus(400));
}
