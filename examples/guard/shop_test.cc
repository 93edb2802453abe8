#include <ofn/testing/gtest.h>

using namespace ofn::testing;

// The tokens come from a variable; a program of a test sees only those of its options.
Program shop() { return Program(Options{.variables = {{"SHOP_TOKENS", "a-token"}}}); }
const ofn::Header kToken{"Authorization", "Bearer a-token"};

TEST(Shop, NeedsAToken) {
  Program program = shop();
  EXPECT_THAT(program.get("/items/tea"), HasStatus(401));
  EXPECT_THAT(program.get("/items/tea", {{"Authorization", "Bearer other"}}), HasStatus(401));
  EXPECT_THAT(program.get("/items/tea", {kToken}), HasBody("3\n"));
  EXPECT_THAT(program.get("/health"), HasBody("ok\n"));
}

TEST(Shop, AnswersExceptions) {
  Program program = shop();
  const Result none = program.get("/items/milk", {kToken});
  EXPECT_THAT(none, HasStatus(404));
  EXPECT_THAT(none, HasBody("/items/milk: there is no such item\n"));
  EXPECT_THAT(none, HasField("x-content-type-options", "nosniff"));
  EXPECT_THAT(program.get("/items/coffee", {kToken}), HasField("retry-after", "60"));
  EXPECT_THAT(program.get("/items/" + std::string(21, 'x'), {kToken}), HasStatus(400));
}

TEST(Shop, LetsOnlyAdministratorsRestock) {
  Program program = shop();
  EXPECT_THAT(program.call({.method = "PUT", .target = "/items/tea", .fields = {kToken}}),
              HasStatus(403));
  EXPECT_THAT(
      program.call(
          {.method = "PUT", .target = "/items/tea", .fields = {kToken, {"X-Role", "admin"}}}),
      HasBody("restocked tea\n"));
}

TEST(Shop, MayBeAskedByItsPage) {
  Program program = shop();
  EXPECT_THAT(program.get("/health", {{"Origin", "https://shop.example"}}),
              HasField("access-control-allow-origin", "https://shop.example"));
  EXPECT_THAT(program.get("/health", {{"Origin", "https://other.example"}}),
              testing::Not(HasField("access-control-allow-origin", "https://other.example")));
  const std::string etag = program.get("/health").field("etag");
  EXPECT_THAT(program.get("/health", {{"If-None-Match", etag}}), HasStatus(304));
}
