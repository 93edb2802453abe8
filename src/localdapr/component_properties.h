// The properties of component types: which ones the local sidecar supports, ignores or refuses.
//
//   if (auto checked = check_properties(component, *type, log); !checked) return checked;   // refused, by name
//
// A property that Dapr reads and the local sidecar does not support is refused at start if it would
// change the behaviour. A property that the type does not have is ignored, as in Dapr, with a
// warning.
// Spec: metadata.yaml of each type in dapr/components-contrib 1.16; docs/local-sidecar.md has the
// list.
#pragma once

#include <string>

#include "base/error.h"
#include "base/log.h"
#include "localdapr/component.h"
#include "localdapr/component_type.h"

namespace ofn::localdapr {

// Errors: kUnimplemented with the property and what to do.
Result<void> check_properties(const Component& component, const ComponentType& type, Log& log);

// Returns the enabled directions of a binding, from its property `direction`.
// Errors: kInvalidArgument for a word that is neither input nor output. (Dapr then enables no
// direction.)
Result<Direction> direction_of(const Component& component);

// Returns the path at which an input binding calls an app over HTTP, from the property `route`. If
// it is empty, the path is the component's name.
std::string route_of(const Component& component);

}  // namespace ofn::localdapr
