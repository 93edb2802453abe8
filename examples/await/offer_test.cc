#include <cstdlib>

#include <ofn/testing/gtest.h>

using namespace ofn::testing;
using namespace std::chrono_literals;

ofn::task<ofn::Response> offer(const ofn::Request& request);

Program shop() {
  setenv("SHOP", "http://shop.example", 1);
  return Program::of<offer>();
}

TEST(Offer, AsksBothServicesAtOnce) {
  Program program = shop();
  program.web().answer("http://shop.example/price?item=tea", {.body = "4", .after = 1s});
  program.web().answer("http://shop.example/stock?item=tea", {.body = "12", .after = 1s});
  EXPECT_THAT(program.get("/?item=tea"), HasBody("tea: 4 euros, 12 in stock\n"));
  EXPECT_LT(program.elapsed(), 2s);
}

TEST(Offer, DoesWithoutThem) {
  Program program = shop();
  program.web().fail("http://shop.example/price*", WebFault::kLate);
  program.web().answer("http://shop.example/stock*", {.status = 503});
  EXPECT_THAT(program.get("/"), HasBody("tea: unknown euros, unknown in stock\n"));
}
