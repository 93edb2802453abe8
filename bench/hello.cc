// The function that is measured: what the peers in bench/peers answer, too.
#include <ofn/function.h>

ofn::Response hello(const ofn::Request& /*request*/) { return "hello, world\n"; }
