// functions-framework doctor: looks whether this machine has what the development of functions needs.
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Prints what it finds, with the commands that mend it. Returns kExitFindings if there are problems.
int examine_machine(const DoctorCommand& command, const Environment& env);

}  // namespace ofn::cli
