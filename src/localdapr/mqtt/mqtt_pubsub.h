// `pubsub.mqtt3`: topics of an MQTT broker.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "localdapr/mqtt/mqtt_publisher.h"
#include "localdapr/mqtt/mqtt_settings.h"
#include "localdapr/mqtt/mqtt_subscriber.h"
#include "localdapr/pubsub.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// Topics of subscriptions may contain wildcards, and $share/GROUP/ at the beginning. Metadata
// `retain` of a published message overrides the component's.
// Differs from daprd: a message that the app does not take comes again until it does, and later
// messages wait. With QoS 2, messages are published with QoS 2 and received with QoS 1, because
// after its end a client would not know which messages it has received. Publishing uses its own
// connection and client id: consumerID-producer.
// Spec: https://docs.dapr.io/reference/components-reference/supported-pubsub/setup-mqtt3/
class MqttPubsub final : public Pubsub {
 public:
  // Errors: those of `make_link`.
  static Result<std::unique_ptr<MqttPubsub>> create(const MqttSettings& settings,
                                                    const MakeMqttLink& make_link, Loop& loop,
                                                    Log& log);

  Result<void> check_topic(std::string_view topic, TopicUse use) const override {
    return check_mqtt_topic(topic, use);
  }
  void publish(BusMessage message, dapr::PublishDone done) override;
  void subscribe(const std::string& topic, OnMessage on_message) override;
  void unsubscribe(const std::string& topic) override { subscriber_.unsubscribe(topic); }
  Repeats repeats() const override { return Repeats::kInFront; }

 private:
  MqttPubsub(const MqttSettings& settings, std::unique_ptr<MqttLink> sends,
             std::unique_ptr<MqttLink> receives, Loop& loop, Log& log);

  int qos_;
  bool retain_;
  MqttPublisher publisher_;
  MqttSubscriber subscriber_;
};

}  // namespace ofn::localdapr
