// What the invocations of one loop share.
#pragma once

#include <cstddef>

#include "base/log.h"
#include "context/function_context.h"
#include "function/function.h"
#include "invocation/answers.h"
#include "invocation/declared.h"
#include "invocation/observer.h"
#include "loop/loop.h"
#include "os/calls_in_flight.h"
#include "output/outputs.h"
#include "plugin/hooks.h"

namespace ofn {

// Lifetime: everything outlives it. Threads: what a function's run uses (context, log, detail) is
// read by any.
struct Invoker {
  Loop& loop;
  const FunctionContext& context;
  Outputs* outputs;  // null where none are configured: nothing is sent, no sidecar is needed
  Log& log;
  Observer& observer;
  Detail detail = Detail::kHidden;
  Stores* stores = nullptr;      // the rest of the sidecar; null: there is no way to one
  const Hooks* hooks = nullptr;  // around every function; null: none
  // For the lines of failures that callers can cause as often as they like; null: the log.
  Log* failures = nullptr;
  os::CallsInFlight* calls = nullptr;  // for crash reports; null: nobody asks
  // Of what a function writes and its outputs get: bytes.
  std::size_t max_held = std::size_t{10} * 1024 * 1024;
  Declared declared{context};

  // May a call wait for its loop? Then it runs where the loop can be left to another thread.
  bool may_block(const Function& function) const noexcept {
    return function.takes_context || function.streams || hooks != nullptr;
  }
  Log& failure_log() const noexcept { return failures != nullptr ? *failures : log; }
  // What is returned goes out by itself under the runtime Knative; under any other the function
  // sends what it wants sent.
  bool sends() const noexcept {
    return outputs != nullptr && context.runtime == Runtime::kKnative && !context.outputs.empty();
  }
};

}  // namespace ofn
