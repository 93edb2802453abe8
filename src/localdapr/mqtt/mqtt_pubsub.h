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

// Topics of subscriptions may hold wildcards, and $share/GROUP/ in front. Metadata `retain` of what is
// published overrides the component's.
// Differs from daprd: a message that is not taken comes again until it is, and holds back those behind
//   it. With QoS 2 messages are published so, and received with QoS 1: a client that ends would forget
//   which it has. What is published has a connection, and a client id, of its own: consumerID-producer.
// Spec: https://docs.dapr.io/reference/components-reference/supported-pubsub/setup-mqtt3/
class MqttPubsub final : public Pubsub {
 public:
  // Errors: as `make_link`.
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
