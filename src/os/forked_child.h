// Prepares each process that the function forks: see watched_process.h.
#pragma once

namespace ofn::os {

void watch_forks();

}  // namespace ofn::os
