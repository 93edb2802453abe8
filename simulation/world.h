// One run: the instance, its sidecar, its callers and the network, and the scheduler that chooses whose step is next.
//
//   std::set<std::string, std::less<>> states;
//   Result result = run(make_script(seed), kept, states);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "simulation/ledger.h"
#include "simulation/script.h"

namespace ofn::simulation {

struct RunResult {
  std::vector<Violation> violations;
  std::uint64_t hash = 0;  // of everything that happened
  std::uint64_t steps = 0;
  std::size_t calls = 0;
};

// Runs the acts of the script that are kept. `states`: gets the names of the states that were reached.
RunResult run(const Script& script, const std::vector<bool>& kept,
              std::set<std::string, std::less<>>& states);

}  // namespace ofn::simulation
