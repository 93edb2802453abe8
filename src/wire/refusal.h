// A request that the wire itself refuses never becomes an invocation; it gets a request id and a line in the log all the
// same, so that what a caller reports can be found.
#pragma once

#include <functional>
#include <string_view>

#include "base/request_id.h"
#include "wire/exchange.h"
#include "wire/session.h"

namespace ofn::wire {

struct Refused {
  int status = 0;             // of the answer; 0: there is none
  std::string_view reason{};  // ours, never the peer's bytes
  const Message* call =
      nullptr;  // a good gRPC call that no handler takes; null: what breaks a rule or a limit
};

// Told of each refusal, before it is sent; the id goes out as X-Request-Id. Threads: the loop's.
using OnRefused = std::function<RequestId(Transport& transport, const Refused& refused)>;

// For whoever counts requests: told of each refusal with its id, after it was logged. Threads: the loop's.
using RefusalObserver = std::function<void(std::string_view id, const Refused& refused)>;

}  // namespace ofn::wire
