// Handles the signals that end a process: see watched_process.h.
#pragma once

namespace ofn::os {

void report_crashes();

}  // namespace ofn::os
