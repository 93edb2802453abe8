#include <ofn/testing/gtest.h>

using namespace ofn::testing;

Program shop() { return Program(Options{.context_file = "func_context.json"}); }

TEST(Order, AsksForThePriceAndRemindsLater) {
  Program program = shop();
  program.sidecar().on_invoke("shop", "3");
  EXPECT_THAT(program.post("/orders/tea", ""), HasBody("tea costs 3\n"));
  EXPECT_EQ(program.sidecar().invoked().at(0).method, "prices/tea");
  ASSERT_EQ(program.sidecar().jobs().size(), 1U);
  EXPECT_EQ(program.sidecar().jobs()[0].due_time, "1s");
  // The job is due.
  EXPECT_THAT(program.run_job("remind-tea"), SentTo("reminders", "tea"));
}

TEST(Order, FailsWithoutAPrice) {
  Program program = shop();
  program.sidecar().on_invoke("shop", "3");
  program.sidecar().fail("shop", Fault::kUnreachable);
  EXPECT_THAT(program.post("/orders/tea", ""), HasStatus(502));
  EXPECT_TRUE(program.sidecar().jobs().empty());
}

TEST(Remind, ComesAgainIfItFails) {
  Program program = shop();
  program.sidecar().fail("reminders", Fault::kRefused);
  EXPECT_THAT(program.run_job("remind-tea", "tea"), HasStatus(503));
}

TEST(Price, AnswersOtherApps) { EXPECT_THAT(shop().get("/prices/tea"), HasBody("3")); }
