// The settings of the components bindings.redis and pubsub.redis, as daprd reads them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "localdapr/component.h"
#include "localdapr/redis/hiredis_link.h"

namespace ofn::localdapr {

// The defaults are daprd's.
struct RedisSettings {
  RedisServer server;
  // The other settings are for a pubsub.
  std::string consumer_id{};  // the name of the group, and of the consumer in it
  Duration redeliver_interval = std::chrono::seconds(15);  // 0: failed entries never come again
  Duration processing_timeout = std::chrono::seconds(60);  // 0: failed entries never come again
  std::size_t queue_depth = 100;
  std::size_t concurrency = 10;
  std::int64_t max_length = 0;  // the approximate limit of a stream; 0 for any length
  Duration stream_ttl{};        // the approximate time to live of a stream's entries; 0 for ever
};

// `app_id`: the consumer's id if the component has none. Errors: kInvalidArgument with daprd's
// messages; kUnimplemented for settings that need Dapr. They never contain a password.
Result<RedisSettings> redis_settings(const Component& component, std::string_view app_id);

}  // namespace ofn::localdapr
