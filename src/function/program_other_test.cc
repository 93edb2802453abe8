// The second source file of the program that program_test.cc looks at.
#include <ofn/function.h>

namespace elsewhere {
namespace {
std::string hello() { return "another file"; }
}  // namespace
OFN_FUNCTION(elsewhere::hello)
}  // namespace elsewhere
