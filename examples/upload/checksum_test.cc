#include <ofn/reader.h>
#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::Response checksum(const ofn::Request&, ofn::Reader& reader);

TEST(Checksum, IsTheSameHoweverTheUploadArrives) {
  const std::string expected = "a9bc80cca21f28b3 6 bytes\n";
  EXPECT_THAT(invoke<checksum>({.method = "PUT", .body = "hello\n"}), HasBody(expected));
  EXPECT_THAT(invoke<checksum>({.method = "PUT", .pieces = {"he", "llo", "\n"}}),
              HasBody(expected));
  EXPECT_THAT(invoke<checksum>({.method = "PUT"}), HasBody("cbf29ce484222325 0 bytes\n"));
}

TEST(Checksum, IsOfNoUploadThatBreaksOff) {
  const Result broken =
      invoke<checksum>({.method = "PUT", .pieces = {"hello"}, .breaks_off = true});
  EXPECT_TRUE(broken.is_broken_off);
  EXPECT_THAT(broken, testing::Not(IsOk()));
}
