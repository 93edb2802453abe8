// The component types of this folder: a schedule. Rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kCronBinding;

}  // namespace ofn::localdapr
