// The port to a Redis: a connection to it, which comes back by itself. The real one is hiredis_link.h; tests
// bring their own.
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

// Threads: its loop's. Lifetime: `done` may not destroy the link; what is under way when the link ends is
//   not answered.
class RedisLink {
 public:
  virtual ~RedisLink() = default;
  // Commands are answered in order, and sent once at most. They wait for the connection, which is made
  // when there is a command, up to a limit. `done` runs at the deadline at the latest, and from inside the
  // call only where too much waits.
  // Errors: kInternal in Redis' own words; kUnavailable, where Redis may or may not have the command;
  //   kResourceExhausted.
  virtual void send(std::vector<std::string> words, Deadline deadline, RedisDone done) = 0;
};

using MakeRedisLink = std::function<std::unique_ptr<RedisLink>()>;

}  // namespace ofn::localdapr
