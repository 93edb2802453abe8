// The test kit as the author's header sees it (<ofn/testing/host.h>).
//
//   auto stage = kit_host().open(program, {});
#pragma once

#include <ofn/testing/host.h>

namespace ofn::kit {

// Lifetime: the process's. Threads: any.
const testing::internal::Host& kit_host();

}  // namespace ofn::kit
