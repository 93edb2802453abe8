// What the calls of one loop share: where they run, where they send and log, who observes them.
#pragma once

#include <cstddef>

#include "base/log.h"
#include "context/function_context.h"
#include "function/error_handlers.h"
#include "function/function.h"
#include "invocation/answers.h"
#include "invocation/await_services.h"
#include "invocation/declared.h"
#include "invocation/nested_loop.h"
#include "invocation/observer.h"
#include "loop/loop.h"
#include "middleware/middleware.h"
#include "os/calls_in_flight.h"
#include "output/outputs.h"
#include "plugin/hooks.h"

namespace ofn {

// Lifetime: everything outlives it. Threads: what a function's run uses (context, log, detail) is
// read by any.
struct CallEnvironment {
  Loop& loop;
  const FunctionContext& context;
  Outputs* outputs;  // null where none are configured: nothing is sent, no sidecar is needed
  Log& log;
  Detail detail = Detail::kHidden;
  Stores* stores = nullptr;      // the rest of the sidecar; null: there is no way to one
  const Hooks* hooks = nullptr;  // around every function; null: none
  // For the lines of failures that callers can cause as often as they like; null: `log`.
  Log* failures = nullptr;
  os::CallsInFlight* calls = nullptr;  // for crash reports; null: there are none
  AwaitServices awaits{};              // for tasks
  Observer* observer = nullptr;        // of this loop; null: none, and nothing is measured for it
  // The most bytes that are held of what a function writes and its outputs get.
  std::size_t max_held = std::size_t{10} * 1024 * 1024;
  const ErrorHandlers* errors = nullptr;   // the author's answers to exceptions; null: none
  const Middleware* middleware = nullptr;  // around the functions of requests; null: none
  NestedLoop* nested =
      nullptr;  // serves the loop while a function waits on its thread; null: another thread does
  Declared declared{context};

  // Returns true if a call may wait for its loop. Then it runs only where another thread can take the loop over.
  bool may_block(const Function& function) const noexcept {
    return function.takes_context || function.streams || function.reads_pieces ||
           hooks != nullptr || (middleware != nullptr && middleware->may_block());
  }
  Log& failure_log() const noexcept { return failures != nullptr ? *failures : log; }
  // Returns true if what a function returns goes to the outputs. That is so under the runtime Knative; under any other
  // the function sends itself.
  bool sends() const noexcept {
    return outputs != nullptr && context.runtime == Runtime::kKnative && !context.outputs.empty();
  }
};

}  // namespace ofn
