#include "localdapr/known_properties.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "localdapr/go_text.h"

namespace ofn::localdapr {
namespace {

enum class Support : std::uint8_t {
  kDone,      // the local sidecar does what Dapr does
  kHarmless,  // without it the same events and data arrive
  kRefused,   // set to anything, it would change what happens
};

struct Property {
  std::string_view name;
  Support support = Support::kDone;
  std::string_view instead = {};  // of a refused one: what to do, beside running Dapr
};

using enum Support;

// Of every binding that calls the app, of every other binding, of every topic component, of every state store.
constexpr std::array<Property, 2> kInputs = {{{"direction"}, {"route"}}};
constexpr std::array<Property, 1> kOutputs = {{{"direction"}}};
constexpr std::array<Property, 5> kTopics = {{{"consumerID"},
                                              {"allowedTopics"},
                                              {"protectedTopics"},
                                              {"publishingScopes"},
                                              {"subscriptionScopes"}}};
constexpr std::array<Property, 8> kStates = {{{"keyPrefix"},
                                              {"actorStateStore", kHarmless},
                                              {"primaryEncryptionKey", kRefused},
                                              {"secondaryEncryptionKey", kRefused},
                                              {"outboxPublishPubsub", kRefused},
                                              {"outboxPublishTopic", kRefused},
                                              {"outboxPubsub", kRefused},
                                              {"outboxDiscardWhenMissingState", kRefused}}};

constexpr std::array<Property, 2> kLocalStorage = {{{"rootPath"}, {"fileName", kHarmless}}};
constexpr std::array<Property, 10> kHttp = {{{"url"},
                                             {"responseTimeout"},
                                             {"maxResponseBodySize"},
                                             {"mtlsRootCA"},
                                             {"mtlsClientCert"},
                                             {"mtlsClientKey"},
                                             {"mtlsRenegotiation"},
                                             {"securityToken"},
                                             {"securityTokenHeader"},
                                             {"errorIfNot2XX"}}};
constexpr std::array<Property, 1> kCron = {{{"schedule"}}};
constexpr std::array<Property, 10> kMqttBinding = {{{"url"},
                                                    {"topic"},
                                                    {"consumerID"},
                                                    {"retain"},
                                                    {"cleanSession"},
                                                    {"backOffMaxRetries", kHarmless},
                                                    {"qos", kHarmless},
                                                    {"caCert"},
                                                    {"clientCert"},
                                                    {"clientKey"}}};
constexpr std::array<Property, 7> kMqttPubsub = {
    {{"url"}, {"qos"}, {"retain"}, {"cleanSession"}, {"caCert"}, {"clientCert"}, {"clientKey"}}};
// enableTLS, failover, redisType and useEntraID are refused where they are read, when they are set; what
// belongs to them does nothing without them.
constexpr std::array<Property, 31> kRedis = {{{"redisHost"},
                                              {"redisUsername"},
                                              {"redisPassword"},
                                              {"redisDB"},
                                              {"redisType"},
                                              {"enableTLS"},
                                              {"failover"},
                                              {"useEntraID"},
                                              {"useAzureAD"},
                                              {"azureClientID", kHarmless},
                                              {"azureClientSecret", kHarmless},
                                              {"azureTenantID", kHarmless},
                                              {"clientCert", kHarmless},
                                              {"clientKey", kHarmless},
                                              {"sentinelMasterName", kHarmless},
                                              {"sentinelUsername", kHarmless},
                                              {"sentinelPassword", kHarmless},
                                              {"redisMaxRetries", kHarmless},
                                              {"redisMinRetryInterval", kHarmless},
                                              {"redisMaxRetryInterval", kHarmless},
                                              {"dialTimeout", kHarmless},
                                              {"readTimeout", kHarmless},
                                              {"writeTimeout", kHarmless},
                                              {"poolSize", kHarmless},
                                              {"poolTimeout", kHarmless},
                                              {"maxConnAge", kHarmless},
                                              {"minIdleConns", kHarmless},
                                              {"idleCheckFrequency", kHarmless},
                                              {"idleTimeout", kHarmless},
                                              {"ttlInSeconds", kHarmless},
                                              {"queryIndexes", kHarmless}}};
constexpr std::array<Property, 6> kRedisPubsub = {{{"redeliverInterval"},
                                                   {"processingTimeout"},
                                                   {"queueDepth"},
                                                   {"concurrency"},
                                                   {"maxLenApprox"},
                                                   {"streamTTL"}}};
constexpr std::array<Property, 10> kSqlite = {
    {{"connectionString"},
     {"url"},
     {"tableName"},
     {"metadataTableName"},
     {"cleanupInterval"},
     {"cleanupIntervalInSeconds", kRefused, "write cleanupInterval, for example 3600s"},
     {"busyTimeout"},
     {"disableWAL"},
     {"timeout", kHarmless},
     {"timeoutInSeconds", kHarmless}}};
constexpr std::array<Property, 3> kSecretFile = {
    {{"secretsFile"}, {"nestedSeparator"}, {"multiValued"}}};

struct Type {
  std::string_view name;
  std::array<std::span<const Property>, 3> properties;
};

constexpr std::array<Type, 11> kTypes = {{{"bindings.localstorage", {kLocalStorage, kOutputs}},
                                          {"bindings.http", {kHttp, kOutputs}},
                                          {"bindings.cron", {kCron, kInputs}},
                                          {"bindings.mqtt3", {kMqttBinding, kInputs}},
                                          {"bindings.redis", {kRedis, kOutputs}},
                                          {"pubsub.in-memory", {kTopics}},
                                          {"pubsub.mqtt3", {kMqttPubsub, kTopics}},
                                          {"pubsub.redis", {kRedis, kRedisPubsub, kTopics}},
                                          {"state.in-memory", {kStates}},
                                          {"state.sqlite", {kSqlite, kStates}},
                                          {"secretstores.local.file", {kSecretFile}}}};

const Property* find_property(const Type& type, std::string_view name) {
  for (const std::span<const Property> some : type.properties) {
    for (const Property& known : some) {
      if (same_field_name(known.name, name)) return &known;
    }
  }
  return nullptr;
}

}  // namespace

Result<void> check_properties(const Component& component, Log& log) {
  const auto* type = std::ranges::find_if(kTypes, [&component](const Type& known) {
    return same_field_name(known.name, component.type);
  });
  if (type == kTypes.end()) return {};
  for (const Header& entry : component.properties) {
    const Property* known = find_property(*type, entry.name);
    if (known == nullptr) {
      log.write(Level::kWarning,
                "a component has a property that its type does not have; it is passed over",
                {{"component", component.name},
                 {"type", component.type},
                 {"property", entry.name},
                 {"file", component.file}});
      continue;
    }
    if (known->support != kRefused || entry.value.empty()) continue;
    std::string message = "the local sidecar does not do what the property '" + entry.name +
                          "' of " + component.type + " asks for; ";
    if (!known->instead.empty()) message.append(known->instead).append(", or ");
    return fail(Code::kUnimplemented, message +
                                          "run Dapr (dapr run) and set DAPR_GRPC_PORT to its "
                                          "gRPC port");
  }
  return {};
}

Result<Direction> direction_of(const Component& component) {
  Direction direction;
  const auto said = std::ranges::find_if(component.properties, [](const Header& entry) {
    return same_field_name(entry.name, "direction");
  });
  if (said == component.properties.end()) return direction;
  direction = {.input = false, .output = false};
  const std::string_view value = said->value;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    std::string_view word = value.substr(begin, end - begin);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    const bool is_input = same_field_name(word, "input");
    if (!is_input && !same_field_name(word, "output")) {
      return fail(Code::kInvalidArgument,
                  "direction is '" + said->value + "'; expected input, output, or 'input, output'");
    }
    (is_input ? direction.input : direction.output) = true;
    begin = end + 1;
  }
  direction.starts_unasked = direction.input;
  return direction;
}

std::string route_of(const Component& component) {
  // Of this one property Dapr compares the name as it stands.
  const auto said = std::ranges::find(component.properties, "route", &Header::name);
  return said == component.properties.end() ? std::string() : said->value;
}

}  // namespace ofn::localdapr
