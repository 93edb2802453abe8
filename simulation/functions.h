// The functions of the instance under test, as an author writes them: what each does with a call is the script's.
#pragma once

#include <vector>

#include "function/function.h"
#include "simulation/fibers.h"
#include "simulation/ledger.h"
#include "simulation/script.h"

namespace ofn::simulation {

// Returns the functions that a program with such a setting serves: one, or one for each form. Until the next call they use these objects.
std::vector<Function> functions_of(const Script& script, Fibers& threads, Ledger& ledger);

}  // namespace ofn::simulation
