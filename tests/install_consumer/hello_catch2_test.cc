#define CATCH_CONFIG_MAIN
#include <ofn/testing/catch2.h>

TEST_CASE("hello names the client") {
  ofn::testing::Program program;
  CHECK_THAT(program.get("/?name=Ann"), ofn::testing::HasBody("hello, Ann\n"));
}
