// `bindings.mqtt3`: messages of an MQTT broker's topic call the app, and `create` publishes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"
#include "localdapr/input_binding.h"
#include "localdapr/mqtt/mqtt_publisher.h"
#include "localdapr/mqtt/mqtt_settings.h"
#include "localdapr/mqtt/mqtt_subscriber.h"
#include "localdapr/output_binding.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// Each event is a message, with metadata `topic`. It is acknowledged when the app has taken it.
// Differs from daprd: if the app does not take a message, it gets it again until it does, whatever
// backOffMaxRetries says, and later messages wait. daprd leaves the message with the broker until
// the next connection.
// Spec: https://docs.dapr.io/reference/components-reference/supported-bindings/mqtt3/
class MqttInput final : public InputBinding {
 public:
  // Errors: those of `make_link`.
  static Result<std::unique_ptr<MqttInput>> create(std::string name, const MqttSettings& settings,
                                                   const MakeMqttLink& make_link, Loop& loop,
                                                   Log& log);

  void start(OnInput on_input) override;
  void stop() override { subscriber_.unsubscribe(topic_); }

 private:
  MqttInput(std::string name, const MqttSettings& settings, std::unique_ptr<MqttLink> link,
            Loop& loop, Log& log);

  std::string name_;
  std::string topic_;
  MqttSubscriber subscriber_;
};

// Metadata `topic` overrides the component's.
class MqttOutput final : public OutputBinding {
 public:
  // Errors: those of `make_link`.
  static Result<std::unique_ptr<MqttOutput>> create(const MqttSettings& settings,
                                                    const MakeMqttLink& make_link, Loop& loop);

  std::span<const std::string_view> operations() const override;
  void invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) override;

 private:
  MqttOutput(const MqttSettings& settings, std::unique_ptr<MqttLink> link, Loop& loop);

  std::string topic_;
  int qos_;
  bool retain_;
  MqttPublisher publisher_;
};

}  // namespace ofn::localdapr
