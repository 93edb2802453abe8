// The limits of the server's connections and the memory for bodies, from the settings.
#pragma once

#include <cstddef>

#include "context/settings.h"
#include "wire/limits.h"

namespace ofn::cli {

wire::Limits limits_of(const Settings& settings);

// Returns the number of bytes for bodies: by default a quarter of the memory that the process may use, because the function, its
// responses and the connections also need memory. A body of the largest size and its response always fit.
std::size_t memory_of(const Settings& settings);

}  // namespace ofn::cli
