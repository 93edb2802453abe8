// The second source file of the program in program_test.cc.
#include <ofn/function.h>

namespace elsewhere {
namespace {
std::string hello() { return "another file"; }
}  // namespace
OFN_FUNCTION(elsewhere::hello)
}  // namespace elsewhere
