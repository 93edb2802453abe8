#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Function, Works) {
  Program program;
  EXPECT_THAT(program.post_json("/", R"({"customer":"Ada","lines":[{"item":"pen","count":3}]})"),
              JsonBody(R"({"text":"thank you, Ada","pieces":3})"));
}

TEST(Function, RefusesBadInput) {
  Program program;
  EXPECT_THAT(program.post_json("/", R"({"customer":"","lines":[]})"), HasStatus(400));
  EXPECT_THAT(program.post_json("/", "no JSON"), HasStatus(400));
}
