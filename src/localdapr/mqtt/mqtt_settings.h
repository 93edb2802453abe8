// The settings of the components bindings.mqtt3 and pubsub.mqtt3, as daprd reads them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "localdapr/component.h"
#include "localdapr/mqtt/mqtt_link.h"
#include "localdapr/pubsub.h"

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

// Checks that a topic can be used this way. MQTT has no topic that is empty, longer than 65,535 bytes, not UTF-8, or
// that holds a NUL; one that is published to holds no wildcards, and of a subscription's they stand where MQTT
// has them. The library would cut the name at a NUL, and the broker end the connection of everybody.
// Errors: kInvalidArgument, naming what is wrong, never a long topic.
// Spec: MQTT 3.1.1, 4.7.
Result<void> check_mqtt_topic(std::string_view topic, TopicUse use);

}  // namespace ofn::localdapr
