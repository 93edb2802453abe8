// What a channel needs of a connection, so that tests can give it one without a socket.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "loop/loop.h"
#include "wire/connector.h"
#include "wire/endpoint.h"
#include "wire/limits.h"
#include "wire/session.h"

namespace ofn::wire::grpc {

// A connection that was made. Lifetime: destroyed in or after `on_gone`, or when the loop runs no
// more.
class Link {
 public:
  virtual ~Link() = default;
  // Runs `session` on it, and owns it. `on_gone` runs once, when the connection is closed and
  // nothing refers to it any more.
  virtual void start(std::unique_ptr<Session> session, std::function<void()> on_gone) = 0;
  // Closes at once; `on_gone` follows.
  virtual void close() = 0;
};

using LinkMade = std::move_only_function<void(Result<std::unique_ptr<Link>>)>;
// Begins to connect; see dial() for the rules.
using Connector = std::function<std::unique_ptr<Dialing>(Deadline, LinkMade)>;

// Over sockets. `loop` and `limits` outlive it.
Connector connector_to(Loop& loop, Endpoint endpoint, const Limits& limits);

}  // namespace ofn::wire::grpc
