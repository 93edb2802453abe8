// Handles exit(), quick_exit(), _exit() and _Exit(): see watched_process.h.
#pragma once

namespace ofn::os {

// Registers the exit handlers. The C library runs the last registered handler first. So if this is called again after the
// function was loaded, the handlers run before the function's static destructors.
void report_exits();

}  // namespace ofn::os
