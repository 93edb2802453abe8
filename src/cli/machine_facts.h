// Collects the facts of this machine for `doctor`: each in a time of its own, so that nothing that hangs can hang it.
//
//   MachineFacts facts = collect_machine(flags, env);
//   say(check::examined_text(check::examine(facts.machine), look));
//   if (facts.is_stuck) std::_Exit(kExitFindings);   // a thread still waits for a file system
#pragma once

#include "check/machine.h"
#include "context/environment.h"
#include "context/flag_table.h"

namespace ofn::cli {

struct MachineFacts {
  check::Machine machine;
  bool is_stuck = false;  // a thread did not end; the process must end without waiting for it
};

// Cost: about a second, most of it for compilers. Each fact has five seconds, and the compiler ten.
MachineFacts collect_machine(const Flags& flags, const Environment& env);

}  // namespace ofn::cli
