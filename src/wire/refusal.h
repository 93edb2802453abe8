// A request that the wire itself refuses never becomes an invocation; it gets a request id and a line in the log all the
// same, so that what a caller reports can be found.
#pragma once

#include <functional>
#include <string_view>

#include "base/request_id.h"
#include "wire/session.h"

namespace ofn::wire {

// Told of each refusal, before it is sent; the id goes out as X-Request-Id. `reason` is ours, never the peer's bytes.
// Threads: the loop's.
using OnRefused =
    std::function<RequestId(Transport& transport, int status, std::string_view reason)>;

// For whoever counts requests: told of each refusal with its id, after it was logged. Threads: the loop's.
using RefusalObserver = std::function<void(std::string_view id, int status)>;

}  // namespace ofn::wire
