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

// Errors: kInvalidArgument with daprd's messages. They never contain the url, because it may have a
// password.
Result<MqttSettings> mqtt_binding_settings(const Component& component);
// `app_id`: the consumer's id if the component has none.
Result<MqttSettings> mqtt_pubsub_settings(const Component& component, std::string_view app_id);

// Checks that a topic can be used this way. MQTT does not allow topics that are empty, longer than
// 65,535 bytes, not UTF-8, or with a NUL. Topics for publishing have no wildcards, and topics of
// subscriptions have them only where MQTT allows them. The library would cut a name at a NUL, and a
// broker ends the connection for an invalid topic, which all users of the connection would notice.
// Errors: kInvalidArgument with the mistake, but without a long topic.
// Spec: MQTT 3.1.1, 4.7.
Result<void> check_mqtt_topic(std::string_view topic, TopicUse use);

}  // namespace ofn::localdapr
