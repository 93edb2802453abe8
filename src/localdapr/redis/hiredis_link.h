// RedisLink on the loop's own sockets. hiredis only writes commands and reads replies.
//
//   auto link = make_hiredis_link({.endpoint = {.host = "localhost", .port = 6379}}, loop, log);
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "localdapr/redis/redis_link.h"
#include "loop/loop.h"
#include "wire/endpoint.h"

namespace ofn::localdapr {

// A value.
struct RedisServer {
  wire::Endpoint endpoint;
  std::string user{};
  std::string password{};
  int database = 0;
};

// Lifetime: `loop` and `log` outlive the link. It may be destroyed while the loop runs, but not
// inside one of its own handlers.
std::unique_ptr<RedisLink> make_hiredis_link(RedisServer server, Loop& loop, Log& log);

}  // namespace ofn::localdapr
