// What the components bindings.mqtt3 and pubsub.mqtt3 say of their broker, as daprd reads it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "localdapr/component.h"
#include "localdapr/mqtt_link.h"

namespace ofn::localdapr {

struct MqttSettings {
  MqttBroker broker;
  std::string consumer_id;
  std::string topic{};  // of a binding
  int qos = 1;
  bool retain = false;
};

// Errors: kInvalidArgument in daprd's words; never the url, which may hold a password.
Result<MqttSettings> mqtt_binding_settings(const Component& component);
// `app_id`: the consumer where the component names none.
Result<MqttSettings> mqtt_pubsub_settings(const Component& component, std::string_view app_id);

}  // namespace ofn::localdapr
