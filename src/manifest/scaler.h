// KEDA's scalers for the components that trigger a function.
#pragma once

#include <string>
#include <vector>

#include "manifest/description.h"

namespace ofn::manifest {

// The items of a ScaledObject's `triggers`: one for each trigger of the function whose broker KEDA can ask
// how much is waiting. Empty if there is none.
std::string scaler_items(const Description& function);

// The triggers that KEDA cannot scale by; while there is one, a pod has to run.
std::vector<const Trigger*> unscalable_triggers(const Description& function);

}  // namespace ofn::manifest
