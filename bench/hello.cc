// The function that is measured. Its answer is that of the peers in bench/peers.
#include <ofn/function.h>

ofn::Response hello(const ofn::Request& /*request*/) { return "hello, world\n"; }
