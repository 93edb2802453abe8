#include "kit/kit_host.h"

// A test program that is linked with ofn::testing finds the kit by this name. In a source of its own, so that the linker takes it only then.
extern "C" const ofn::testing::internal::Host* ofn_testing_host() noexcept {
  return &ofn::kit::kit_host();
}
