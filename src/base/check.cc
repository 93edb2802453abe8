#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ofn {

void check_failed(const char* expression, std::source_location location) noexcept {
  std::fprintf(stderr, "%s:%u: %s: broken invariant: %s\n", location.file_name(), location.line(),
               location.function_name(), expression);
  std::abort();
}

}  // namespace ofn
