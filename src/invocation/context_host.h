// The host's half of a Context: what an author's code asks through the C table, done on the
// invocation's loop while the calling thread waits.
#pragma once

#include <string_view>

#include <ofn/context.h>

#include "base/log.h"
#include "context/function_context.h"
#include "loop/loop.h"
#include "output/outputs.h"

namespace ofn {

// Lifetime: everything outlives it. Threads: any but the loop's, which it would wait for; the loop
// runs until the calls have returned.
class ContextHost {
 public:
  static const abi::ContextTable kTable;

  // `outputs` null: none are configured. `stores` null: there is no way to a sidecar.
  ContextHost(Loop& loop, const FunctionContext& context, Outputs* outputs, Stores* stores)
      : loop_(loop), context_(context), outputs_(outputs), stores_(stores) {}

  // Of the call that begins: what its sends carry. Views are borrowed until the next begin().
  void begin(const DeliveryOptions& options) { options_ = options; }

  StoreResult ask(StoreCall call);
  SendReport send(const std::string_view* output, Bytes data, const SendOptions& options);

 private:
  Loop& loop_;
  const FunctionContext& context_;
  Outputs* outputs_;
  Stores* stores_;
  DeliveryOptions options_;
};

}  // namespace ofn
