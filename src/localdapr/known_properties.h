// Which properties each component type has, and what the local sidecar does with them. Everything that
// Dapr 1.16 documents or reads for these types is in one table; a new component type is a new row.
//
//   if (auto checked = check_properties(component, log); !checked) return checked;   // refused, by name
//
// A property that Dapr reads and that is not done here is refused at start when it would change what
// happens. A property that nobody knows is passed over, as in Dapr, with a warning.
// Spec: metadata.yaml of each type in dapr/components-contrib 1.16; docs/local-sidecar.md has the list.
#pragma once

#include <string>

#include "base/error.h"
#include "base/log.h"
#include "localdapr/component.h"

namespace ofn::localdapr {

// Errors: kUnimplemented, naming the property and what to do.
Result<void> check_properties(const Component& component, Log& log);

// Which ways of a binding are open, as its property `direction` says.
struct Direction {
  bool input = true;
  bool output = true;
  // The property names "input": the binding starts without asking the app whether it wants it.
  bool starts_unasked = false;
};
// Errors: kInvalidArgument for a word that is neither input nor output. (Dapr opens no way at all then.)
Result<Direction> direction_of(const Component& component);

// The path of an app over HTTP that an input binding calls: the property `route`; empty: the
// component's name.
std::string route_of(const Component& component);

}  // namespace ofn::localdapr
