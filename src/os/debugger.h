// Debuggers that attach to a process.
//
//   os::allow_debuggers();
//   say(os::how_to_attach(::getpid()));
//   if (auto attached = os::wait_for_debugger(); !attached) say(attached.error().message());
#pragma once

#include <string>
#include <sys/types.h>

#include "base/error.h"

namespace ofn::os {

// Returns the id of the process that traces `process`: a debugger, or a tool such as strace. Returns 0 if none does, if `process`
// has ended, or if the system does not tell. Threads: any. Cost: about 30 µs.
pid_t tracer_of(pid_t process);

// Lets every process of the same user attach to this one. Without it, a kernel with kernel.yama.ptrace_scope=1, as Ubuntu has it,
// lets only ancestors attach, and a developer's gdb is none. It also lets any program of that user read this program's memory, so
// call it only on a developer's machine. Spec: ptrace(2), PR_SET_PTRACER.
void allow_debuggers();

// Returns the commands that attach a debugger to `process`, one in each line.
std::string how_to_attach(pid_t process);

// Waits until a debugger has attached to this process. A signal ends the process as usual meanwhile. Errors: kUnavailable: the
// system does not tell who traces a process.
Result<void> wait_for_debugger();

}  // namespace ofn::os
