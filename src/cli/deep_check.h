// `check --deep`: compiles and loads a function, of which no code runs, and compares its registrations with its context.
//
//   check::Findings findings;
//   check_deeply(files, command.flags, env, linked, findings);
#pragma once

#include <ofn/abi.h>

#include "check/finding.h"
#include "cli/check_files.h"
#include "context/environment.h"
#include "context/flag_table.h"

namespace ofn::cli {

// `linked`: the program of ofn::run(); null: the function is loaded from the source. Adds nothing if the settings or the context are
// refused, because the other rules say why.
void check_deeply(const CheckFiles& files, const Flags& flags, const Environment& env,
                  const abi::Program* linked, check::Findings& findings);

}  // namespace ofn::cli
