// Finds the components that a context names and the local sidecar does not have.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "context/function_context.h"
#include "localdapr/component.h"

namespace ofn::localdapr {

// Returns one error for each output, trigger and state whose component is missing or is of another
// kind. Without this check, only the first call would fail. `folder`: the folder of the components,
// for the message.
std::vector<Error> missing_components(const FunctionContext& context,
                                      std::span<const Component> components,
                                      const std::string& folder);

}  // namespace ofn::localdapr
