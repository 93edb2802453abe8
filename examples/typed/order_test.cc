#include <ofn/testing/gtest.h>

using namespace ofn::testing;

TEST(Order, CountsThePieces) {
  Program program;
  EXPECT_THAT(
      program.post_json(
          "/", R"({"customer":"Ada","lines":[{"item":"pen","count":3},{"item":"ink","count":1}]})"),
      JsonBody(R"({"pieces":4,"text":"thank you, Ada"})"));
}

TEST(Order, NamesWhatIsWrong) {
  Program program;
  const Result refused =
      program.post_json("/", R"({"customer":"Ada","lines":[{"item":1,"count":3}]})");
  EXPECT_THAT(refused, HasStatus(400));
  EXPECT_THAT(refused, BodyContains("$.lines[0].item"));
}
