// When this process began.
//
//   say(SystemClock().system_now() - os::process_start());   // how long it has run
#pragma once

#include "base/clock.h"

namespace ofn::os {

// To a hundredth of a second, which is the kernel's unit. Returns the present time if /proc cannot be read.
SystemTime process_start();

}  // namespace ofn::os
