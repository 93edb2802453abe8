// The host's half of a Context: what an author's code asks through the C table, done on the
// invocation's loop, while the calling thread waits or a task does (task_host.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/context.h>

#include "base/log.h"
#include "context/function_context.h"
#include "invocation/nested_loop.h"
#include "loop/loop.h"
#include "output/outputs.h"
#include "output/payload.h"

namespace ofn {

using SendDone = std::move_only_function<void(SendReport)>;

// A store's result as authors' code takes it.
void take_answer(StoreResult result, StoreAnswer& answer, std::optional<Failure>& failure);

// Lifetime: everything outlives it. Threads: an author's thread that would wait for the loop it runs on
// is made to leave it (Loop::release()); the loop runs until the calls have returned.
class ContextHost {
 public:
  static const abi::ContextTable kTable;

  // `outputs` null: none are configured. `stores` null: no sidecar is configured.
  // `options` are those of the current call: its sends carry them. They change only between two calls.
  ContextHost(Loop& loop, const FunctionContext& context, Outputs* outputs, Stores* stores,
              const DeliveryOptions& options, Log& log, NestedLoop* nested = nullptr)
      : loop_(loop),
        context_(context),
        outputs_(outputs),
        stores_(stores),
        options_(options),
        log_(log),
        nested_(nested) {}

  // What is sent of `data`, which it reads and borrows. Threads: any but the loop's, which it would keep.
  Payload payload(Bytes data, const SendOptions& options) const {
    return payload_of(data, options.content_type, context_);
  }
  // `done` runs on the loop, now or later; what the payload, `output` and `options` refer to lives
  // until then. Threads: the loop's.
  void send(const std::string_view* output, Payload payload, const SendOptions& options,
            SendDone done);
  // Not for SendAll.
  void ask(StoreCall call, StoreDone done);
  // Returns the messages of the items, which it borrows. Threads: any but the loop's, which it would keep.
  std::vector<BulkItem> items_of(const SendAll& call) const;
  // As send(). Threads: the loop's.
  void send_all(const std::string& output, std::vector<BulkItem> items, StoreDone done);

 private:
  // Logs it, and returns the message for the author.
  std::string no_such_output(std::string_view output) const;
  Loop& loop_;
  const FunctionContext& context_;
  Outputs* outputs_;
  Stores* stores_;
  const DeliveryOptions& options_;
  Log& log_;
  NestedLoop* nested_;  // null: another thread serves the loop while one waits
};

}  // namespace ofn
