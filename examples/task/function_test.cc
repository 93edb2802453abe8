#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::task<ofn::Out> post(ofn::Context& context, ofn::Bytes letter);

Program office() { return Program::of<post>({.context_file = "func_context.json"}); }

TEST(Post, SendsTheLetterAndItsReceipt) {
  Program program = office();
  const Result posted = program.invoke("Dear Ada");
  EXPECT_THAT(posted, HasBody("posted\n"));
  EXPECT_THAT(posted, SentTo("letters", "Dear Ada"));
  EXPECT_THAT(posted, SentTo("receipts", "8 bytes\n"));
}

TEST(Post, FailsIfTheReceiptDoes) {
  Program program = office();
  program.sidecar().fail("receipts", Fault::kRefused);
  EXPECT_THAT(program.invoke("Dear Ada"), HasStatus(503));
}
