#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Out echo(ofn::Context&, ofn::Bytes data);

TEST(Echo, PassesItsHooks) {
  Program program = Program::of<echo>({.context_file = "func_context.json"});
  const Result result = program.invoke("Ada");
  EXPECT_THAT(result, HasBody("HELLO, ADA!\n"));
  EXPECT_THAT(result, SentTo("archive", "HELLO, ADA!\n"));
  EXPECT_THAT(program.invoke(""), HasBody("HELLO, !\n"));
}
