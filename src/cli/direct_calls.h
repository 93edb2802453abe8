// Calls of the developer, in a worker: over connections that the supervisor has made and passed on. A connection's mode says whether it
// brings requests or deliveries, and whether what the calls send to outputs is captured. Nobody else can make such a connection: there
// is no address, no field and no variable for it, only the control channel of a supervisor.
//
//   DirectCalls direct(loop, parts);
//   direct.take(fd, dev::CallMode::of("request,captured"));
#pragma once

#include <functional>
#include <memory>

#include "base/log.h"
#include "cli/call_reports.h"
#include "cli/supervised.h"
#include "context/function_context.h"
#include "dev/newest_calls.h"
#include "invocation/call_environment.h"
#include "loop/loop.h"
#include "serving/async/async_service.h"
#include "serving/http/http_service.h"
#include "wire/limits.h"
#include "wire/memory_account.h"

namespace ofn::cli {

// The calls run as others do: through the same gate, hooks, middleware and limits. Captured outputs count as confirmed; state, secrets
// and calls of other services are not captured.
// Lifetime: everything in Parts outlives it; it is destroyed when the loop has stopped. Threads: the loop's.
// Cost: nothing until the first connection comes.
class DirectCalls {
 public:
  struct Parts {
    HttpService& service;
    AsyncService& async;
    const CallEnvironment& environment;  // of this loop
    CallReports& reports;                // the same
    const Supervised& supervised;
    const wire::Limits& limits;
    wire::MemoryAccount& memory;
    Log& log;
  };

  DirectCalls(Loop& loop, const Parts& parts);
  DirectCalls(const DirectCalls&) = delete;
  DirectCalls& operator=(const DirectCalls&) = delete;
  ~DirectCalls();

  // Takes over the descriptor.
  void take(int fd, dev::CallMode mode);
  // Runs `done` when the calls under way are answered.
  void drain(std::function<void()> done);
  // Asks every function that runs to stop.
  void stop_calls();

 private:
  class Way;
  Way& way(bool captures);

  Loop& loop_;
  Parts parts_;
  std::unique_ptr<Way> sent_;
  std::unique_ptr<Way> captured_;
};

}  // namespace ofn::cli
