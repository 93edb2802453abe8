// The component types of this folder, for schedules: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kCronBinding;

}  // namespace ofn::localdapr
