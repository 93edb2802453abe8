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
  // The rest is for a pubsub.
  std::string consumer_id{};  // the group's name, and the consumer's in it
  Duration redeliver_interval = std::chrono::seconds(15);  // 0 if failed entries never come again
  Duration processing_timeout = std::chrono::seconds(60);  // 0 means the same
  std::size_t queue_depth = 100;
  std::size_t concurrency = 10;
  std::int64_t max_length = 0;  // of a stream, about; 0 for any length
  Duration stream_ttl{};        // of the entries of a stream, about; 0 for ever
};

// `app_id`: the consumer where the component names none.
// Errors: kInvalidArgument in daprd's words; kUnimplemented: what needs Dapr. Never a password.
Result<RedisSettings> redis_settings(const Component& component, std::string_view app_id);

}  // namespace ofn::localdapr
