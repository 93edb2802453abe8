#include <ofn/function.h>

std::string hello(const ofn::Request&) { return "hello\n"; }

OFN_FUNCTION(hello)
