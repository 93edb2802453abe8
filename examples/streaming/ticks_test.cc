#include <ofn/testing/gtest.h>

using namespace ofn::testing;
using namespace std::chrono_literals;

ofn::task<> ticks(const ofn::Request& request, ofn::Writer& writer);

TEST(Ticks, ComeUntilTheClientLeaves) {
  Program program = Program::of<ticks>();
  Running call = program.start({.target = "/?pause=500"});
  program.advance(1s);
  call.leave();
  program.advance(500ms);
  EXPECT_TRUE(call.has_ended());
  EXPECT_THAT(call.result(), HasField("content-type", "text/event-stream"));
  EXPECT_EQ(call.result().body,
            "event: tick\ndata: 1\n\nevent: tick\ndata: 2\n\nevent: tick\ndata: 3\n\n");
}
