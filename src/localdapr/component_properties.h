// The properties of component types: which of them the local sidecar acts on, which it may leave out, and which it refuses.
//
//   if (auto checked = check_properties(component, *type, log); !checked) return checked;   // refused, by name
//
// A property that Dapr reads and that is not done here is refused at the start if it would change what happens. A property
// that the type does not have is passed over, as in Dapr, with a warning.
// Spec: metadata.yaml of each type in dapr/components-contrib 1.16; docs/local-sidecar.md has the list.
#pragma once

#include <string>

#include "base/error.h"
#include "base/log.h"
#include "localdapr/component.h"
#include "localdapr/component_type.h"

namespace ofn::localdapr {

// Errors: kUnimplemented, naming the property and what to do.
Result<void> check_properties(const Component& component, const ComponentType& type, Log& log);

// The ways of a binding that are open, from its property `direction`.
// Errors: kInvalidArgument for a word that is neither input nor output. (Dapr opens no way at all then.)
Result<Direction> direction_of(const Component& component);

// The path of an app over HTTP that an input binding calls, from the property `route`. If it is empty, the path is the
// component's name.
std::string route_of(const Component& component);

}  // namespace ofn::localdapr
