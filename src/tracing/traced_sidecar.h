// Makes a span of each call to the sidecar, and puts that span's context into the call: the sidecar's own span, and whoever gets the
// message, continue from it.
//
//   TracedSidecar traced(loop, rules, batch, context, {.sidecar = client, .stores = client});
//   Outputs outputs(context, traced, loop, log);
//
// It stands in front of the ports Sidecar and Stores. Each try of an output has a span of its own.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "context/function_context.h"
#include "loop/loop.h"
#include "output/sidecar.h"
#include "tracing/span_batch.h"
#include "tracing/tracer.h"

namespace ofn::tracing {

// Lifetime: all arguments outlive it, and it outlives its calls. Threads: the loop's.
// Cost: of a call whose trace is not recorded a look at its traceparent; of another one three allocations.
class TracedSidecar final : public Sidecar, public Stores {
 public:
  TracedSidecar(Loop& loop, const TraceRules& rules, SpanBatch& batch,
                const FunctionContext& context, SidecarPorts next)
      : loop_(loop), rules_(rules), batch_(batch), context_(context), next_(next) {}

  void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                      SidecarDone done) override;
  void publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) override;
  void publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                   BulkDone done) override;
  void ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) override;

 private:
  struct Open;  // a span of a call that is under way

  // Runs `send` with the options and the `done` of the call, which has the span that `describe` describes.
  template <class Describe, class Done, class Send>
  void traced(const SidecarOptions& options, Describe describe, Done done, Send send);
  void end(const Open& open, const SidecarError* failure);

  Loop& loop_;
  const TraceRules& rules_;
  SpanBatch& batch_;
  const FunctionContext& context_;
  const SidecarPorts next_;  // without spans
};

}  // namespace ofn::tracing
