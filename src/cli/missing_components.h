// What a context asks of a sidecar that has no such component.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "context/function_context.h"
#include "localdapr/component.h"

namespace ofn::cli {

// One error for each output, trigger and state whose component is not there, or is of the other kind: without it the
// first call would be the one to find out. `folder`: where the components were read, for the message.
std::vector<Error> missing_components(const FunctionContext& context,
                                      std::span<const localdapr::Component> components,
                                      const std::string& folder);

}  // namespace ofn::cli
