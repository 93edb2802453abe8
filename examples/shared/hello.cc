#include <ofn/function.h>

std::string hello(const ofn::Request& request) {
  return "hello, " + request.query("name").value_or("world") + "\n";
}
OFN_FUNCTION(hello)
