// Makes a span of each call of one loop.
//
//   TraceRules rules(settings.traces, {});            // one for all loops
//   Tracer tracer(loop, rules, batch);                // one for each
//   environment.observer = &tracer;
//
// A request makes a SERVER span, a delivery a CONSUMER span. A span has no body, no query, no header but the user agent, and no token.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "invocation/observer.h"
#include "loop/loop.h"
#include "otlp/settings.h"
#include "tracing/propagation.h"
#include "tracing/request_attributes.h"
#include "tracing/sampler.h"
#include "tracing/span_batch.h"

namespace ofn::tracing {

// The steps before the first call. They become a span `init` with a child for each step.
struct StartUp {
  struct Step {
    std::string name;
    SystemTime began{};
    SystemTime ended{};
  };
  SystemTime began{};      // of the process
  SystemTime listening{};  // 0: unknown, and no span is made
  std::vector<Step> steps{};
};

// The settings that the tracers of all loops share. Threads: any, but for start_up, which is set before the first call.
struct TraceRules {
  // `tags` become attributes of the spans of all calls; `baggage` is added to what goes out.
  TraceRules(const otlp::TracesSettings& settings, const Metadata& tags,
             const Metadata& baggage = {});

  const Sampler sampler;
  const Propagation propagation;
  const otlp::SpanLimits limits;
  const std::size_t tag_count;
  const std::string tags;  // encoded
  StartUp start_up{};
  std::atomic<bool> is_first{true};  // no call has begun yet
};

// Lifetime: everything outlives it. Threads: the loop's.
// Cost: of a call that is not recorded some tens of nanoseconds, and no allocation; of a recorded one some two hundred; allocates when the
// batch grows.
class Tracer final : public Observer {
 public:
  Tracer(Loop& loop, TraceRules& rules, SpanBatch& batch)
      : loop_(loop), rules_(rules), batch_(batch), request_attributes_(rules.limits) {}

  void began(const CallStart& start, TraceContext& trace) override;
  void ended(const CallRecord& record) override;

 private:
  Caller caller_of(const CallStart& start) const;
  Caller caller_of(const Inbound& delivery) const;
  static Caller within_inner(Caller caller, const Caller& inner);
  TraceContext::Span decide(const Caller& caller);
  void write(const CallRecord& record, const TraceContext::Span& span, std::string_view tracestate);
  void write_init(const TraceContext::Span& span);
  std::string_view name_of(const CallStart& start);

  Loop& loop_;
  TraceRules& rules_;
  SpanBatch& batch_;
  bool has_begun_ = false;  // a call on this loop
  // The name of the last span, and the request that has it.
  static constexpr int kNoMethod = -1;
  std::string name_;
  int named_method_ = kNoMethod;
  const char* named_route_ = nullptr;
  RequestAttributes request_attributes_;
  std::string baggage_;
};

}  // namespace ofn::tracing
