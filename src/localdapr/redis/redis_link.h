// The port to Redis: a connection that is restored automatically. hiredis_link.h implements it;
// tests use their own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace ofn::localdapr {

// A value.
struct RedisReply {
  enum class Kind { kNil, kText, kInteger, kArray };
  Kind kind = Kind::kNil;
  std::string text{};
  std::int64_t integer = 0;
  std::vector<RedisReply> elements{};
};

using RedisDone = std::move_only_function<void(Result<RedisReply> reply)>;

// Threads: its loop's. Lifetime: `done` must not destroy the link. If the link is destroyed,
// pending commands are never answered.
class RedisLink {
 public:
  virtual ~RedisLink() = default;
  // Commands are answered in order, and each is sent at most once. The link connects when there is
  // a command; up to a limit, commands wait for the connection. `done` runs at the deadline at the
  // latest. It runs from inside the call only if too many commands wait.
  // Errors: kInternal with Redis' message; kUnavailable, and Redis may or may not have received the
  // command; kResourceExhausted.
  virtual void send(std::vector<std::string> words, Deadline deadline, RedisDone done) = 0;
};

using MakeRedisLink = std::function<std::unique_ptr<RedisLink>()>;

}  // namespace ofn::localdapr
