// Calls the function without a server and without a sidecar. README.md says how to run it.
#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Out handle(ofn::Context& context, ofn::Bytes data);

Program function() { return Program::of<handle>({.context_file = "func_context.json"}); }

TEST(Handle, SendsTheReceiptToItsOutput) {
  Program program = function();
  const Result receipt = program.invoke("a book");
  EXPECT_THAT(receipt, HasBody("received 6 bytes: a book\n"));
  EXPECT_THAT(receipt, SentTo("archive", "received 6 bytes: a book\n"));
}

TEST(Handle, NeedsData) { EXPECT_THAT(function().invoke(""), HasStatus(400)); }

TEST(Handle, FailsIfTheOutputDoes) {
  Program program = function();
  program.sidecar().fail("archive", Fault::kUnreachable);
  EXPECT_THAT(program.invoke("a book"), HasStatus(503));
}
