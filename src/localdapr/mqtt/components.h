// The component types of this folder, for MQTT brokers: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kMqttBinding;
extern const ComponentType kMqttPubsub;

}  // namespace ofn::localdapr
