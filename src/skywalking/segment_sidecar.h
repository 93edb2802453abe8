// Makes an exit span of each call to the sidecar, puts SkyWalking's headers into the call, and wraps what goes to a topic or a queue in
// the inner event, as the other frameworks of the family do under this provider: brokers carry no headers.
//
//   SegmentSidecar sidecar(loop, rules, calls, context, {.sidecar = client, .stores = client});
//   Outputs outputs(context, sidecar, loop, log);
//
// It stands in front of the ports Sidecar and Stores. Each try of an output has a span of its own.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "context/function_context.h"
#include "loop/loop.h"
#include "output/sidecar.h"
#include "skywalking/open_calls.h"
#include "skywalking/segment_tracer.h"

namespace ofn::skywalking {

// Lifetime: all arguments outlive it, and it outlives its calls. Threads: the loop's.
// Cost: some allocations for each call; of what is wrapped one copy more.
class SegmentSidecar final : public Sidecar, public Stores {
 public:
  SegmentSidecar(Loop& loop, const SegmentRules& rules, OpenCalls& calls,
                 const FunctionContext& context, SidecarPorts next)
      : loop_(loop), rules_(rules), calls_(calls), context_(context), next_(next) {}

  void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                      SidecarDone done) override;
  void publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) override;
  void publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                   BulkDone done) override;
  void ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) override;

  // SkyWalking's agents keep as many spans of a segment. The further calls to the sidecar that one call makes are not recorded.
  static constexpr std::size_t kMaxExits = 300;

 private:
  struct Target;  // whom a call goes to
  class Leaving;  // one call on its way

  static Target job_target(std::string_view method, std::string_view job);
  const Output* output_of(const SidecarOptions& options) const;
  std::string wrapped(const Leaving& leaving, std::string_view data, std::string_view id);

  Loop& loop_;
  const SegmentRules& rules_;
  OpenCalls& calls_;
  const FunctionContext& context_;
  const SidecarPorts next_;  // without spans
};

// Returns true for an output whose data is wrapped: a topic, or a binding that is a queue, of these types only.
bool is_traceable(const Output& output);

}  // namespace ofn::skywalking
