#include "localdapr/mqtt/components.h"

#include "localdapr/mqtt/mosquitto_library.h"
#include "localdapr/mqtt/mosquitto_link.h"
#include "localdapr/mqtt/mqtt_binding.h"
#include "localdapr/mqtt/mqtt_pubsub.h"
#include "localdapr/mqtt/mqtt_settings.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<Property, 10> kBindingProperties = {{{"url"},
                                                          {"topic"},
                                                          {"consumerID"},
                                                          {"retain"},
                                                          {"cleanSession"},
                                                          {"backOffMaxRetries", Support::kHarmless},
                                                          {"qos", Support::kHarmless},
                                                          {"caCert"},
                                                          {"clientCert"},
                                                          {"clientKey"}}};
constexpr std::array<Property, 7> kPubsubProperties = {
    {{"url"}, {"qos"}, {"retain"}, {"cleanSession"}, {"caCert"}, {"clientCert"}, {"clientKey"}}};
constexpr std::array<std::string_view, 1> kPubsubCapabilities = {"SUBSCRIBE_WILDCARDS"};

MakeMqttLink link_maker(const MosquittoLibrary& library, const MqttBroker& broker,
                        const Surroundings& around) {
  return [library, broker, run = around.run, &loop = around.loop, &log = around.log](
             std::string client_id, MqttRole role) {
    return make_mosquitto_link(library,
                               {.broker = broker, .client_id = std::move(client_id), .role = role},
                               run, loop, log);
  };
}

Result<Parts> make_binding(const Component& component, const Surroundings& around) {
  const auto settings = mqtt_binding_settings(component);
  if (!settings) return std::unexpected(settings.error());
  const auto library = open_mosquitto(kMqttBinding.name);
  if (!library) return std::unexpected(library.error());
  const auto make_link = link_maker(*library, settings->broker, around);
  Parts parts;
  // A disabled direction gets no connection.
  if (around.direction.input) {
    auto input = MqttInput::create(component.name, *settings, make_link, around.loop, around.log);
    if (!input) return std::unexpected(std::move(input.error()));
    parts.input = *std::move(input);
  }
  if (around.direction.output) {
    auto output = MqttOutput::create(*settings, make_link, around.loop);
    if (!output) return std::unexpected(std::move(output.error()));
    parts.output = *std::move(output);
  }
  return parts;
}

Result<Parts> make_pubsub(const Component& component, const Surroundings& around) {
  const auto settings = mqtt_pubsub_settings(component, around.app_id);
  if (!settings) return std::unexpected(settings.error());
  const auto library = open_mosquitto(kMqttPubsub.name);
  if (!library) return std::unexpected(library.error());
  return part(&Parts::pubsub,
              MqttPubsub::create(*settings, link_maker(*library, settings->broker, around),
                                 around.loop, around.log));
}

}  // namespace

constinit const ComponentType kMqttBinding{.name = "bindings.mqtt3",
                                           .kind = Kind::kInputAndOutput,
                                           .properties = {kBindingProperties},
                                           .make = make_binding};

constinit const ComponentType kMqttPubsub{.name = "pubsub.mqtt3",
                                          .kind = Kind::kPubsub,
                                          .properties = {kPubsubProperties},
                                          .capabilities = kPubsubCapabilities,
                                          .make = make_pubsub};

}  // namespace ofn::localdapr
