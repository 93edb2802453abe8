#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Response charge(const ofn::Request& request);

TEST(Charge, TellsTheLogWhatItCharged) {
  EXPECT_THAT(invoke<charge>({.method = "POST", .body = "1299"}),
              Logged("info: charged cents=1299 large=false"));
}

TEST(Charge, RefusesWhatIsNoNumber) {
  const Result refused = invoke<charge>({.method = "POST", .body = "x"});
  EXPECT_THAT(refused, HasStatus(400));
  EXPECT_THAT(refused, Logged("warning: no amount bytes=1"));
}
