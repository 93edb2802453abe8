#include "localdapr/mqtt/mqtt_pubsub.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "localdapr/go/go_text.h"

namespace ofn::localdapr {
namespace {

constexpr std::chrono::seconds kPatience(20);  // daprd's

}  // namespace

Result<std::unique_ptr<MqttPubsub>> MqttPubsub::create(const MqttSettings& settings,
                                                       const MakeMqttLink& make_link, Loop& loop,
                                                       Log& log) {
  auto sends = make_link(settings.consumer_id + "-producer", MqttRole::kSends);
  if (!sends) return std::unexpected(std::move(sends.error()));
  auto receives = make_link(settings.consumer_id, MqttRole::kReceives);
  if (!receives) return std::unexpected(std::move(receives.error()));
  return std::unique_ptr<MqttPubsub>(
      new MqttPubsub(settings, *std::move(sends), *std::move(receives), loop, log));
}

MqttPubsub::MqttPubsub(const MqttSettings& settings, std::unique_ptr<MqttLink> sends,
                       std::unique_ptr<MqttLink> receives, Loop& loop, Log& log)
    : qos_(settings.qos),
      retain_(settings.retain),
      publisher_(std::move(sends),
                 {.patience = kPatience,
                  .never_up = "failed to publish: context deadline exceeded",
                  .unconfirmed = "failed to publish: context deadline exceeded"},
                 loop),
      subscriber_(std::move(receives), std::min(settings.qos, 1), loop, log) {}

void MqttPubsub::publish(BusMessage message, dapr::PublishDone done) {
  bool retain = retain_;
  const auto said = std::ranges::find(message.metadata, "retain", &Header::name);
  if (said != message.metadata.end() && !said->value.empty()) {
    const std::optional<bool> value = go_bool(said->value);
    if (!value) {
      return done(fail(Code::kInternal, "mqtt invalid retain " + said->value +
                                            ", strconv.ParseBool: parsing \"" + said->value +
                                            "\": invalid syntax"));
    }
    retain = *value;
  }
  publisher_.publish({.topic = std::move(message.topic),
                      .payload = std::move(message.data),
                      .qos = qos_,
                      .retain = retain},
                     Deadline::never(), std::move(done));
}

void MqttPubsub::subscribe(const std::string& topic, OnMessage on_message) {
  subscriber_.subscribe(
      topic, [on_message = std::move(on_message)](const MqttMessage& message, Acknowledge done) {
        on_message({.topic = message.topic,
                    .data = message.payload,
                    .metadata = {{"retained", message.retained ? "true" : "false"}}},
                   std::move(done));
      });
}

}  // namespace ofn::localdapr
