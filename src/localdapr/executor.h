// Runs blocking work off the loop.
#pragma once

#include <functional>

#include "loop/loop.h"

namespace ofn::localdapr {

// Runs each task exactly once.
using Executor = std::function<void(Task)>;

}  // namespace ofn::localdapr
