#include "localdapr/redis/components.h"

#include "localdapr/redis/hiredis_link.h"
#include "localdapr/redis/redis_binding.h"
#include "localdapr/redis/redis_pubsub.h"
#include "localdapr/redis/redis_settings.h"

namespace ofn::localdapr {
namespace {

// If enableTLS, failover, redisType and useEntraID are set, the code that reads them refuses them.
// Properties that depend on these have no effect without them.
constexpr std::array<Property, 31> kProperties = {{{"redisHost"},
                                                   {"redisUsername"},
                                                   {"redisPassword"},
                                                   {"redisDB"},
                                                   {"redisType"},
                                                   {"enableTLS"},
                                                   {"failover"},
                                                   {"useEntraID"},
                                                   {"useAzureAD"},
                                                   {"azureClientID", Support::kHarmless},
                                                   {"azureClientSecret", Support::kHarmless},
                                                   {"azureTenantID", Support::kHarmless},
                                                   {"clientCert", Support::kHarmless},
                                                   {"clientKey", Support::kHarmless},
                                                   {"sentinelMasterName", Support::kHarmless},
                                                   {"sentinelUsername", Support::kHarmless},
                                                   {"sentinelPassword", Support::kHarmless},
                                                   {"redisMaxRetries", Support::kHarmless},
                                                   {"redisMinRetryInterval", Support::kHarmless},
                                                   {"redisMaxRetryInterval", Support::kHarmless},
                                                   {"dialTimeout", Support::kHarmless},
                                                   {"readTimeout", Support::kHarmless},
                                                   {"writeTimeout", Support::kHarmless},
                                                   {"poolSize", Support::kHarmless},
                                                   {"poolTimeout", Support::kHarmless},
                                                   {"maxConnAge", Support::kHarmless},
                                                   {"minIdleConns", Support::kHarmless},
                                                   {"idleCheckFrequency", Support::kHarmless},
                                                   {"idleTimeout", Support::kHarmless},
                                                   {"ttlInSeconds", Support::kHarmless},
                                                   {"queryIndexes", Support::kHarmless}}};
constexpr std::array<Property, 6> kPubsubProperties = {{{"redeliverInterval"},
                                                        {"processingTimeout"},
                                                        {"queueDepth"},
                                                        {"concurrency"},
                                                        {"maxLenApprox"},
                                                        {"streamTTL"}}};

Result<Parts> make_binding(const Component& component, const Surroundings& around) {
  auto settings = redis_settings(component, around.app_id);
  if (!settings) return std::unexpected(std::move(settings.error()));
  Parts parts;
  // A disabled direction gets no connection.
  if (around.direction.output) {
    parts.output = std::make_unique<RedisBinding>(
        make_hiredis_link(std::move(settings->server), around.loop, around.log), around.loop);
  }
  return parts;
}

Result<Parts> make_pubsub(const Component& component, const Surroundings& around) {
  auto settings = redis_settings(component, around.app_id);
  if (!settings) return std::unexpected(std::move(settings.error()));
  auto make_link = [server = settings->server, &loop = around.loop, &log = around.log] {
    return make_hiredis_link(server, loop, log);
  };
  return Parts{.pubsub = std::make_unique<RedisPubsub>(*std::move(settings), std::move(make_link),
                                                       around.loop, around.log)};
}

}  // namespace

constinit const ComponentType kRedisBinding{.name = "bindings.redis",
                                            .kind = Kind::kOutput,
                                            .properties = {kProperties},
                                            .make = make_binding};

constinit const ComponentType kRedisPubsub{.name = "pubsub.redis",
                                           .kind = Kind::kPubsub,
                                           .properties = {kProperties, kPubsubProperties},
                                           .make = make_pubsub};

}  // namespace ofn::localdapr
