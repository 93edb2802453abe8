// The component types of this folder, in this process's memory: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kInMemoryPubsub;
extern const ComponentType kMemoryState;

}  // namespace ofn::localdapr
