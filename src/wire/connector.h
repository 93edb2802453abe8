// Connects to an Endpoint: TCP by address or name (each address in turn), or a Unix socket.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "loop/loop.h"
#include "wire/connection.h"
#include "wire/endpoint.h"

namespace ofn::wire {

// One attempt. Lifetime: destroying it gives up; `done` does not run then.
class Dialing {
 public:
  virtual ~Dialing() = default;
};

// Starts an attempt on `loop`. `done` runs once on the loop, never from inside dial(): with a
// connection that has no session yet, or with kUnavailable (refused, unreachable, unknown name) or
// kDeadlineExceeded. `limits` outlives the connection.
std::unique_ptr<Dialing> dial(
    Loop& loop, const Endpoint& endpoint, const Limits& limits, Deadline deadline,
    std::move_only_function<void(Result<std::unique_ptr<Connection>>)> done);

}  // namespace ofn::wire
