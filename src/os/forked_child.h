// What a process that the function forked does first: see watched_process.h.
#pragma once

namespace ofn::os {

void watch_forks();

}  // namespace ofn::os
