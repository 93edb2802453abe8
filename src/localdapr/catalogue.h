// All component types of the local sidecar. This one table is used by the error for an unknown
// type, by `sidecar --help`, and by the test that checks the documentation.
//
//   const ComponentType* type = find_type("bindings.cron");
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "localdapr/component_type.h"

namespace ofn::localdapr {

// Returns the types in the order in which they are shown to people.
std::span<const ComponentType* const> catalogue();

// Returns nullptr if no type has that name.
const ComponentType* find_type(std::string_view name);

// Returns "bindings.cron, bindings.http, …".
std::string names_of_types();

}  // namespace ofn::localdapr
