// The component types of this folder, for URLs: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kHttpBinding;

}  // namespace ofn::localdapr
