// Sends the function's result, or data that the function sends itself, to the outputs that the
// context declares, through the port Sidecar.
//
//   Outputs outputs(context, sidecar, loop, log, policy);
//   outputs.deliver({&payload, 1}, {.deadline = deadline, .request_id = id},
//                   [](DeliveryReport report) { … });
//
// Guarantee: `done` reports an output as confirmed only if the sidecar has confirmed it, and it
// runs only after all outputs have ended.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/call_fields.h"
#include "base/log.h"
#include "context/function_context.h"
#include "loop/loop.h"
#include "output/delivery.h"
#include "output/payload.h"
#include "output/policy.h"
#include "output/sidecar.h"

namespace ofn {

struct DeliveryOptions {
  Deadline deadline{};              // of the invocation; the delivery waits no longer
  std::string_view request_id{};    // for the log
  std::string_view execution_id{};  // for the log; empty: the request's id
  std::string_view traceparent{};
  std::string_view tracestate{};
  std::string_view baggage{};
  // For one send by the function: the only output to use, and the settings that override the
  // output's own.
  const Output* only = nullptr;
  std::string_view operation{};           // of a binding; if empty, the output's own
  std::span<const Header> metadata = {};  // added to the output's own; the same key replaces it

  CallIds ids() const {
    return {.request = request_id,
            .execution = execution_id,
            .trace = SpanContext::parse_or_empty(traceparent)};
  }
};

// Is told of the end of each payload at each output, also of what the function itself sends.
// Threads: the loop's, before the delivery's `done`.
class OutputObserver {
 public:
  virtual ~OutputObserver() = default;
  virtual void output_ended(const OutputResult& result) = 0;
};

// One of many payloads for one output. Its metadata is added to the output's own, and the same key
// replaces it.
struct BulkItem {
  Payload payload{};
  std::span<const Header> metadata = {};
};

using DeliveryDone = std::move_only_function<void(DeliveryReport)>;

// Lifetime: if it is destroyed during a delivery, that delivery is never reported.
// Threads: the loop's. `done` runs on it, never from inside deliver().
// Retries: a call that certainly never reached a handler (Reach::kNever), and the codes that the
// policy names; within the deadline, after a pause, and within the budget that all deliveries of
// this object share. Every publish carries `cloudevent.id`, the same on each retry.
// Cost: a few allocations for a delivery and for each output; no copy of the data.
class Outputs {
 public:
  // All arguments outlive it. `observer`: null if nobody observes.
  Outputs(const FunctionContext& context, Sidecar& sidecar, Loop& loop, Log& log,
          OutputPolicy policy = {}, OutputObserver* observer = nullptr);
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  ~Outputs();

  // Sends each payload to each output, or to the one that the options name. Payloads and options
  // are borrowed until `done` has run.
  void deliver(std::span<const Payload> payloads, const DeliveryOptions& options,
               DeliveryDone done);

  // Sends the items to the output that the options name: to a topic in calls of up to
  // kMostBulkItems and kMostBulkBytes, one after the other; to a binding, and through a sidecar
  // without BulkPublishEventAlpha1, one by one. The report has one result for each item. If a call
  // fails as a whole, so do all its items. Items and options are borrowed until `done` has run.
  void deliver_all(std::span<const BulkItem> items, const DeliveryOptions& options,
                   DeliveryDone done);
  static constexpr std::size_t kMostBulkItems = 1000;
  // Below gRPC's default for messages (4 MiB), because an event grows by its envelope.
  static constexpr std::size_t kMostBulkBytes = std::size_t{3} * 1024 * 1024;

 private:
  class Delivery;
  friend class Delivery;
  class Bulk;
  friend class Bulk;

  // Returns the time of the next try of a call that failed; nullopt if it may not be tried again.
  // `tries`: how often it was tried. `started`: when it was tried first.
  std::optional<SteadyTime> next_try(const SidecarError& failure, unsigned tries,
                                     SteadyTime started, Deadline deadline);

  const FunctionContext& context_;
  Sidecar& sidecar_;
  Loop& loop_;
  Log& log_;
  const OutputPolicy policy_;
  OutputObserver* const observer_;
  RetryBudget budget_;
  std::list<std::shared_ptr<Delivery>>
      under_way_;                           // shared with the callbacks of calls to the sidecar
  std::list<std::shared_ptr<Bulk>> bulks_;  // likewise
};

}  // namespace ofn
