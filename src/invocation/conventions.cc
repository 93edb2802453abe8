#include "invocation/conventions.h"

#include <algorithm>
#include <array>
#include <span>

namespace ofn {

namespace {

constexpr std::array<std::string_view, kHttpMethods> kMethodNames = {
    "_OTHER", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

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

HttpMethod rare_http_method_of(std::string_view method) noexcept {
  const auto at = std::ranges::find(kMethodNames, method);
  return at == kMethodNames.end() ? HttpMethod::kOther
                                  : static_cast<HttpMethod>(at - kMethodNames.begin());
}

std::string_view http_method_name(HttpMethod method) noexcept {
  return kMethodNames[static_cast<std::size_t>(method)];
}

std::string_view http_version_name(HttpVersion version) noexcept {
  static constexpr std::array<std::string_view, 4> kNames = {"", "1.0", "1.1", "2"};
  return kNames[static_cast<std::size_t>(version)];
}

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

}  // namespace ofn
