#include "manifest/scaler.h"

#include <array>
#include <optional>
#include <string_view>

#include "manifest/form.h"

namespace ofn::manifest {

namespace {

// Where a member of a scaler's metadata comes from.
struct Source {
  std::string_view member;    // of the scaler
  std::string_view property;  // of the component; empty: there is none
  // If there is no property: a text, or "$topic", "$app".
  std::string_view otherwise{};
};

struct Scaler {
  std::string_view component_type;
  std::string_view keda_type;
  std::array<Source, 5> sources;
};

// Properties: metadata.yaml of each type in dapr/components-contrib 1.16. Members: KEDA 2.15 to 2.21.
constexpr std::array<Scaler, 8> kScalers = {{
    {"pubsub.kafka",
     "kafka",
     {{{"bootstrapServers", "brokers"},
       {"consumerGroup", "consumerGroup", "$app"},
       {"topic", "", "$topic"},
       {"lagThreshold", "", "10"}}}},
    {"bindings.kafka",
     "kafka",
     {{{"bootstrapServers", "brokers"},
       {"consumerGroup", "consumerGroup", "$app"},
       {"topic", "topics"},
       {"lagThreshold", "", "10"}}}},
    {"pubsub.redis",
     "redis-streams",
     {{{"address", "redisHost"},
       {"stream", "", "$topic"},
       {"consumerGroup", "consumerID", "$app"},
       {"lagCount", "", "10"}}}},
    {"pubsub.rabbitmq",
     "rabbitmq",
     {{{"host", "connectionString"},
       {"queueName", "", "$queue"},
       {"mode", "", "QueueLength"},
       {"value", "", "10"}}}},
    {"bindings.rabbitmq",
     "rabbitmq",
     {{{"host", "host"},
       {"queueName", "queueName"},
       {"mode", "", "QueueLength"},
       {"value", "", "10"}}}},
    {"bindings.aws.sqs",
     "aws-sqs-queue",
     {{{"queueURL", "queueName"}, {"awsRegion", "region"}, {"queueLength", "", "10"}}}},
    {"bindings.azure.storagequeues",
     "azure-queue",
     {{{"accountName", "accountName"}, {"queueName", "queueName"}, {"queueLength", "", "10"}}}},
    {"pubsub.jetstream",
     "nats-jetstream",
     {{{"natsServerMonitoringEndpoint", "natsURL"},
       {"stream", "streamName"},
       {"consumer", "durableName", "$app"},
       {"lagThreshold", "", "10"}}}},
}};

const Scaler* scaler_of(const Trigger& trigger) {
  for (const Scaler& scaler : kScalers) {
    if (scaler.component_type == trigger.component_type) return &scaler;
  }
  return nullptr;
}

std::string otherwise(std::string_view text, const Description& function, const Trigger& trigger) {
  if (text == "$topic") return trigger.topic;
  if (text == "$app") return function.name;
  if (text == "$queue") return function.name + "-" + trigger.topic;  // as Dapr names it
  return std::string(text);
}

std::string trigger_item(const Scaler& scaler, const Description& function,
                         const Trigger& trigger) {
  const Component* component = function.find_component(trigger.component);
  std::string metadata;
  for (const Source& source : scaler.sources) {
    if (source.member.empty()) continue;
    std::string value = component == nullptr || source.property.empty()
                            ? std::string()
                            : std::string(component->property(source.property));
    if (value.empty()) value = otherwise(source.otherwise, function, trigger);
    if (value.empty()) {
      metadata += "# To be added: the property " + std::string(source.property) +
                  " of the component " + trigger.component + ".\n";
    }
    metadata += std::string(source.member) + ": " + scalar(value) + "\n";
  }
  return item(member("type", scaler.keda_type) + section("metadata", metadata));
}

}  // namespace

std::string scaler_items(const Description& function) {
  std::string items;
  for (const Trigger& trigger : function.context.triggers) {
    if (const Scaler* scaler = scaler_of(trigger))
      items += trigger_item(*scaler, function, trigger);
  }
  return items;
}

std::vector<const Trigger*> unscalable_triggers(const Description& function) {
  std::vector<const Trigger*> triggers;
  for (const Trigger& trigger : function.context.triggers) {
    if (scaler_of(trigger) == nullptr) triggers.push_back(&trigger);
  }
  return triggers;
}

}  // namespace ofn::manifest
