// Could this machine listen there?
//
//   if (!is_own_address("x86_64-conda-linux-gnu")) return refuse();
#pragma once

#include <string>

namespace ofn::wire {

// True for an address or a name of this machine. False for a name that nobody knows, and for what is elsewhere.
// When there is no way to find out (no socket can be made), true: listening tells then.
// Cost: a name may be asked of DNS, which may take seconds. Threads: any.
bool is_own_address(const std::string& host);

}  // namespace ofn::wire
