// The functions that the test program registers.
#pragma once

#include <ofn/function.h>

#include "function/registry.h"

namespace ofn {

inline Registry own_registry() {
  abi::Program program;
  ofn_program(&program);
  return Registry::of(program).value();
}

}  // namespace ofn
