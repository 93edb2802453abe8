#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Response halve(const ofn::Request& request);

Result halved(const std::string& image) { return invoke<halve>({.method = "POST", .body = image}); }

TEST(Halve, TakesTheMeanOfFourPixels) {
  const Result half = halved("P6 2 2 255\naaabbbcccddd");
  EXPECT_THAT(half, HasBody("P6\n1 1\n255\nbbb"));
  EXPECT_THAT(half, HasField("content-type", "image/x-portable-pixmap"));
}

TEST(Halve, RefusesWhatIsNoImage) {
  EXPECT_THAT(halved("GIF"), HasStatus(415));
  for (const char* image :
       {"P6 2 2", "P6 2 2 15\naaabbbcccddd", "P6 2 2 255\naaa", "P6 99999 2 255\naaa"})
    EXPECT_THAT(halved(image), HasStatus(400)) << image;
}
