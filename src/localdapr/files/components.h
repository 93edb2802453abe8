// The component types of this folder, for files: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kLocalStorage;

}  // namespace ofn::localdapr
