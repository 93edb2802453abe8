#include <ofn/reader.h>
#include <ofn/testing/gtest.h>

using namespace ofn::testing;

void convert(const ofn::Request&, ofn::Reader& reader, ofn::Writer& writer);

TEST(Convert, AnswersWhileTheTableArrives) {
  Program program = Program::of<convert>();
  Running call = program.start({.method = "POST", .pieces = {"tea;3\nca"}});
  EXPECT_EQ(call.result().body, "{\"item\":\"tea\",\"count\":\"3\"}\n");
  call.bring("ke;1");
  EXPECT_THAT(call.finish(), BodyContains("{\"item\":\"cake\",\"count\":\"1\"}\n"));
}

TEST(Convert, RefusesALineWithoutASemicolon) {
  EXPECT_THAT(invoke<convert>({.method = "POST", .body = "tea"}), HasStatus(400));
}
