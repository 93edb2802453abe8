// Calls the function as the server does. README.md says how to run it.
#undef NDEBUG
#include <cassert>
#include <cstdio>

#include <ofn/function.h>

ofn::Response handle(const ofn::Request& request);

int main() {
  const ofn::Response greeting = handle(ofn::Request({.method = "GET", .target = "/?name=Ada"}));
  assert(greeting.body() == "hello, Ada\n");

  const ofn::Field type = {"content-type", "application/json"};
  const ofn::Response echo =
      handle(ofn::Request({.method = "POST", .target = "/", .headers = {&type, 1}, .body = "{}"}));
  assert(echo.body() == "{}");
  assert(*echo.find_header("content-type") == "application/json");

  std::puts("passed");
}
