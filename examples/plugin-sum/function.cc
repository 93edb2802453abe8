// The function: it knows nothing of the plugins around it.
#include <ofn/function.h>

std::string numbers(const ofn::Request& request) { return std::string(request.body()); }
OFN_FUNCTION(numbers)
