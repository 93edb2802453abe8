#include <ofn/function.h>

namespace polite {
std::string goodbye() { return "goodbye\n"; }
}  // namespace polite
OFN_FUNCTION(polite::goodbye)
