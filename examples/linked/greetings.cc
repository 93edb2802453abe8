// The functions. They are not in main.cc, so that tests can have them without its main.
#include <ofn/function.h>

namespace app {

std::string hello(const ofn::Request& request) {
  return "hello, " + request.query("name").value_or("world") + "\n";
}
std::string goodbye() { return "goodbye\n"; }

}  // namespace app

OFN_FUNCTION(app::hello)
OFN_FUNCTION(app::goodbye)
