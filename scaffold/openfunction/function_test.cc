#include <ofn/testing/gtest.h>

using namespace ofn::testing;

const Options kOptions{.context_file = "func_context.json"};

TEST(Function, Works) {
  Program program(kOptions);
  const Result result = program.invoke("a book");
  EXPECT_THAT(result, HasBody("received 6 bytes: a book\n"));
  EXPECT_THAT(result, SentTo("archive", "received 6 bytes: a book\n"));
}

TEST(Function, RefusesBadInput) {
  Program program(kOptions);
  EXPECT_THAT(program.invoke(""), HasStatus(400));
}

TEST(Function, SaysThatTheOutputFails) {
  Program program(kOptions);
  program.sidecar().fail("archive", Fault::kUnreachable);
  EXPECT_THAT(program.invoke("a book"), HasStatus(503));
}
