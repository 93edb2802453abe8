// The component types of this folder, for Redis: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kRedisBinding;
extern const ComponentType kRedisPubsub;

}  // namespace ofn::localdapr
