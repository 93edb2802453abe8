// The second source file of the program in life_test.cc.
#include <string>

#include <ofn/life.h>

namespace other {
extern std::string told;
std::string told;  // NOLINT: what has run
namespace {
void begin() { told += "begin "; }
void end() { told += "end "; }
}  // namespace
}  // namespace other

OFN_START(other::begin)
OFN_STOP(other::end)
