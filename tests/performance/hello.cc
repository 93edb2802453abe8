// What `./dev bench` measures, too.
#include <ofn/function.h>

ofn::Response hello(const ofn::Request& /*request*/) { return "hello, world\n"; }
OFN_FUNCTION(hello)
