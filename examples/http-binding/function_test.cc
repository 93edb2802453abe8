#include <ofn/testing/gtest.h>

using namespace ofn::testing;

std::string greet(const ofn::Request& request);

Program greeter() { return Program::of<greet>({.context_file = "func_context.json"}); }

TEST(Greet, SendsTheGreetingToBothOutputs) {
  Program program = greeter();
  const Result greeting = program.get("/?name=Ada");
  EXPECT_THAT(greeting, HasBody("hello, Ada\n"));
  EXPECT_THAT(greeting, SentTo("archive", "hello, Ada\n"));
  EXPECT_THAT(greeting, SentTo("events", "hello, Ada\n"));
}

TEST(Greet, TakesAnyBytes) {
  Program program = greeter();
  const std::string name("\0\xff", 2);
  EXPECT_THAT(program.get("/?name=%00%FF"), SentTo("archive", "hello, " + name + "\n"));
}

TEST(Greet, FailsIfAnOutputDoes) {
  Program program = greeter();
  program.sidecar().fail("archive", Fault::kRefused);
  EXPECT_THAT(program.get("/"), HasStatus(502));
}
