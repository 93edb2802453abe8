#include <ofn/function.h>

std::string greet(const ofn::Request& request) {
  return "hello, " + request.query("name").value_or("world") + "\n";
}
