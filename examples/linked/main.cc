// The framework linked into your own program: no compiler and no shared object at run time.
// Its flags and variables are those of functions-framework, without --source.
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
