// The function. It does not know the plugins.
#include <ofn/function.h>

std::string numbers(const ofn::Request& request) { return std::string(request.body()); }
OFN_FUNCTION(numbers)
