#include "localdapr/mqtt/mqtt_binding.h"

#include <array>
#include <chrono>
#include <utility>

namespace ofn::localdapr {
namespace {

constexpr std::array<std::string_view, 1> kOperations = {"create"};
constexpr std::chrono::seconds kPatience(10);  // as in daprd

}  // namespace

Result<std::unique_ptr<MqttInput>> MqttInput::create(std::string name, const MqttSettings& settings,
                                                     const MakeMqttLink& make_link, Loop& loop,
                                                     Log& log) {
  auto link = make_link(settings.consumer_id + "-consumer", MqttRole::kReceives);
  if (!link) return std::unexpected(std::move(link.error()));
  return std::unique_ptr<MqttInput>(
      new MqttInput(std::move(name), settings, *std::move(link), loop, log));
}

MqttInput::MqttInput(std::string name, const MqttSettings& settings, std::unique_ptr<MqttLink> link,
                     Loop& loop, Log& log)
    : name_(std::move(name)),
      topic_(settings.topic),
      subscriber_(std::move(link), settings.qos, loop, log) {}

void MqttInput::start(OnInput on_input) {
  subscriber_.subscribe(topic_, [name = name_, on_input = std::move(on_input)](
                                    const MqttMessage& message, Acknowledge done) {
    on_input({.component = name, .data = message.payload, .metadata = {{"topic", message.topic}}},
             std::move(done));
  });
}

Result<std::unique_ptr<MqttOutput>> MqttOutput::create(const MqttSettings& settings,
                                                       const MakeMqttLink& make_link, Loop& loop) {
  auto link = make_link(settings.consumer_id + "-producer", MqttRole::kSends);
  if (!link) return std::unexpected(std::move(link.error()));
  return std::unique_ptr<MqttOutput>(new MqttOutput(settings, *std::move(link), loop));
}

MqttOutput::MqttOutput(const MqttSettings& settings, std::unique_ptr<MqttLink> link, Loop& loop)
    : topic_(settings.topic),
      qos_(settings.qos),
      retain_(settings.retain),
      publisher_(std::move(link),
                 {.patience = kPatience,
                  .never_up = "failed to create producer connection: failed to connect: mqtt "
                              "client timed out connecting",
                  .unconfirmed = "failed to publish: mqtt client timeout"},
                 loop) {}

std::span<const std::string_view> MqttOutput::operations() const { return kOperations; }

void MqttOutput::invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) {
  const std::string_view asked = metadata_value(request, "topic");
  std::string topic = asked.empty() ? topic_ : std::string(asked);
  if (auto checked = check_mqtt_topic(topic, TopicUse::kPublish); !checked) {
    return done(std::unexpected(std::move(checked.error())));
  }
  publisher_.publish({.topic = std::move(topic),
                      .payload = std::move(request.data),
                      .qos = qos_,
                      .retain = retain_},
                     deadline, [done = std::move(done)](Result<void> published) mutable {
                       if (published) return done(SidecarReply{});
                       done(std::unexpected(std::move(published.error())));
                     });
}

}  // namespace ofn::localdapr
