// The framework linked into your own program, which needs no compiler and no shared object at run
// time. It has the flags and variables of functions-framework, except --source.
#include <ofn/function.h>
#include <ofn/run.h>

namespace app {

std::string hello(const ofn::Request& request) {
  return "hello, " + request.query("name").value_or("world") + "\n";
}
std::string goodbye() { return "goodbye\n"; }

}  // namespace app

OFN_FUNCTION(app::hello)
OFN_FUNCTION(app::goodbye)

int main(int argc, char** argv) { return ofn::run(argc, argv); }
