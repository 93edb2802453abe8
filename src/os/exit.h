// The handlers of exit() and its like: see watched_process.h.
#pragma once

namespace ofn::os {

// What is registered last runs first: before the function's static destructors, where it is called after they were registered.
void report_exits();

}  // namespace ofn::os
