#include "tracing/conventions.h"

#include <algorithm>
#include <array>
#include <span>

namespace ofn::tracing {
namespace {

struct Name {
  std::string_view dapr;
  std::string_view convention;
};

// Systems for which the two differ; see is_queue() for the others.
constexpr std::array kMessagingNames = {
    Name{"aws.sqs", "aws_sqs"},
    Name{"aws.snssqs", "aws.sns"},
    Name{"azure.eventgrid", "eventgrid"},
    Name{"azure.eventhubs", "eventhubs"},
    Name{"azure.servicebus", "servicebus"},
    Name{"azure.servicebus.queues", "servicebus"},
    Name{"azure.servicebus.topics", "servicebus"},
    Name{"azure.servicebusqueues", "servicebus"},
    Name{"gcp.pubsub", "gcp_pubsub"},
    Name{"mqtt3", "mqtt"},
    Name{"solace.amqp", "solace"},
};

constexpr std::array kDatabaseNames = {
    Name{"azure.cosmosdb", "azure.cosmosdb"},
    Name{"gcp.firestore", "firestore"},
    Name{"oracledatabase", "oracle.db"},
    Name{"sqlserver", "microsoft.sql_server"},
};

// In their order.
constexpr std::array kOfCalls = std::to_array<std::string_view>({"cloudevents.event_id",
                                                                 "cloudevents.event_source",
                                                                 "cloudevents.event_spec_version",
                                                                 "cloudevents.event_subject",
                                                                 "cloudevents.event_type",
                                                                 "dapr.component",
                                                                 "error.type",
                                                                 "faas.coldstart",
                                                                 "faas.invocation_id",
                                                                 "faas.name",
                                                                 "faas.trigger",
                                                                 "http.request.method",
                                                                 "http.request.method_original",
                                                                 "http.response.status_code",
                                                                 "http.route",
                                                                 "messaging.destination.name",
                                                                 "messaging.message.id",
                                                                 "messaging.operation.name",
                                                                 "messaging.operation.type",
                                                                 "messaging.system",
                                                                 "network.protocol.version",
                                                                 "ofn.dropped_spans",
                                                                 "server.address",
                                                                 "server.port",
                                                                 "url.path",
                                                                 "url.scheme",
                                                                 "user_agent.original"});

constexpr std::array kQueues = std::to_array<std::string_view>(
    {"aws.kinesis", "aws.sns", "aws.sqs", "azure.eventgrid", "azure.eventhubs",
     "azure.servicebusqueues", "azure.storagequeues", "gcp.pubsub", "kafka", "mqtt", "mqtt3",
     "nats", "pulsar", "rabbitmq", "rocketmq"});

// "pubsub.kafka" → "kafka".
std::string_view without_block(std::string_view type) {
  return type.substr(std::min(type.find('.'), type.size() - 1) + 1);
}

std::string_view renamed(std::string_view type, std::span<const Name> names) {
  if (type.empty()) return "dapr";
  const std::string_view own = without_block(type);
  for (const Name& name : names) {
    if (name.dapr == own) return name.convention;
  }
  return own.empty() ? "dapr" : own;
}

}  // namespace

std::string_view messaging_system(std::string_view type) { return renamed(type, kMessagingNames); }
std::string_view database_system(std::string_view type) { return renamed(type, kDatabaseNames); }

bool is_queue(std::string_view type) {
  return !type.empty() && std::ranges::find(kQueues, without_block(type)) != kQueues.end();
}

std::string_view trigger_of(CallKind kind, std::string_view component_type) {
  switch (kind) {
    case CallKind::kRequest:
      return "http";
    case CallKind::kTopicEvent:
    case CallKind::kBulkedEvent:
      return "pubsub";
    case CallKind::kBinding:
      break;
  }
  if (component_type == "bindings.cron") return "timer";
  return is_queue(component_type) ? "pubsub" : "other";
}

bool is_of_calls(std::string_view attribute) {
  return std::ranges::binary_search(kOfCalls, attribute);
}

std::string_view known_method(std::string_view method) {
  static constexpr auto kMethods = std::to_array<std::string_view>(
      {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE"});
  const auto* const found = std::ranges::find(kMethods, method);
  return found == kMethods.end() ? std::string_view() : *found;
}

}  // namespace ofn::tracing
