// The component types of this folder: this process's memory. Rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kInMemoryPubsub;
extern const ComponentType kMemoryState;

}  // namespace ofn::localdapr
