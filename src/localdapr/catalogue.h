// Every component type of the local sidecar. The error for an unknown type, `sidecar --help`, and the test that compares the
// documentation read this one table.
//
//   const ComponentType* type = find_type("bindings.cron");
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "localdapr/component_type.h"

namespace ofn::localdapr {

// In the order in which people are shown them.
std::span<const ComponentType* const> catalogue();

// nullptr if no type has that name.
const ComponentType* find_type(std::string_view name);

// "bindings.cron, bindings.http, …"
std::string names_of_types();

}  // namespace ofn::localdapr
