// Makes a span of each HTTP request of the author's tasks, and puts that span's context into the request.
//
//   TracedHttp traced(loop, rules, batch, client);
//   environment.awaits.http = &traced;
#pragma once

#include <memory>

#include "invocation/http_port.h"
#include "loop/loop.h"
#include "tracing/span_batch.h"
#include "tracing/tracer.h"

namespace ofn::tracing {

// Lifetime: all arguments outlive it, and it outlives its requests. Threads: the loop's.
// Cost: of a request whose trace is not recorded a look at its traceparent; of another one some allocations.
class TracedHttp final : public HttpPort {
 public:
  TracedHttp(Loop& loop, const TraceRules& rules, SpanBatch& batch, HttpPort& next)
      : loop_(loop), rules_(rules), batch_(batch), next_(next) {}

  Result<std::unique_ptr<UnderWay>> send(const HttpCall& call, const HttpPortOptions& options,
                                         Done done) override;

 private:
  class Open;  // a span of a request that is under way

  Loop& loop_;
  const TraceRules& rules_;
  SpanBatch& batch_;
  HttpPort& next_;
};

}  // namespace ofn::tracing
