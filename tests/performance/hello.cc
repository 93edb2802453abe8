// The function that `./dev bench` also measures.
#include <ofn/function.h>

ofn::Response hello(const ofn::Request& /*request*/) { return "hello, world\n"; }
OFN_FUNCTION(hello)
