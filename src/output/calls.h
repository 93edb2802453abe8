// What Outputs sends to an output: the calls of the port Sidecar, and what their failures mean.
#pragma once

#include "base/random.h"
#include "output/delivery.h"
#include "output/outputs.h"
#include "output/sidecar.h"

namespace ofn {

// The calls refer to their arguments. A publish gets a `cloudevent.id`.
BindingCall binding_call(const Output& output, const Payload& payload,
                         const DeliveryOptions& options);
PublishCall publish_call(const Output& output, const Payload& payload,
                         const DeliveryOptions& options, Random& random);

Delivered classify(const SidecarError& failure);

}  // namespace ofn
