// What a traced call allocates beside the call itself: counted, not timed. Clang's thread sanitizer has an operator new that none can
// replace.
#if !defined(OFN_THREAD_SANITIZER)

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "invocation/invocation.h"
#include "testing/counted_allocations.h"
#include "tracing/spans_for_test.h"
#include "tracing/tracer.h"

namespace ofn::tracing {
namespace {

const std::string kIds = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

struct Nobody final : ::ofn::Caller {
  void answer(Answer /*answer*/) override {}
  void go_on() override {}
  void run_aside(Task task) override { task(); }
  void ended() override {}
};

// The allocations of one call in the steady state: the first ones may fill what is kept.
std::size_t allocations_of_call(const otlp::Sampler& sampler, const std::vector<Field>& headers) {
  testing::ManualClock clock;
  Loop loop(clock);
  NullLog log;
  SpansForTest spans(loop);
  otlp::TracesSettings settings;
  settings.sampler = sampler;
  TraceRules rules(settings, {});
  Tracer tracer(loop, rules, spans.batch);
  const FunctionContext context;
  const CallEnvironment environment{
      .loop = loop, .context = context, .outputs = nullptr, .log = log, .observer = &tracer};
  const Function function{
      .name = "f",
      .signature = Signature::kHttp,
      .invoke = [](const abi::Call&, abi::Outcome& outcome) { outcome.response = "hello\n"; }};
  Nobody nobody;
  Invocation invocation(environment, nobody);
  Request::Parts parts;
  parts.method = "GET";
  parts.target = "/users/7";
  parts.headers = headers;
  constexpr std::size_t kCalls = 100;
  std::size_t allocations = 0;
  for (std::size_t call = 0; call < kCalls + 2; ++call) {
    clock.advance(std::chrono::milliseconds(1));
    const std::size_t made = testing::allocations_of([&] {
      invocation.begin(function, Request::Parts(parts));
      invocation.run();
      invocation.finish();
    });
    if (call >= 2) allocations += made;
  }
  return allocations;
}

TEST(Allocation, ACallThatIsNotRecordedAllocatesNothing) {
  const std::vector<Field> plain = {{"Host", "shop.test:8080"}, {"User-Agent", "curl/8"}};
  std::vector<Field> traced = plain;
  const std::string parent = kIds + "00";
  traced.push_back({"traceparent", parent});
  traced.push_back({"tracestate", "vendor=1"});
  EXPECT_EQ(allocations_of_call({otlp::SamplerKind::kAlwaysOff, 1, true}, plain), 0U);
  EXPECT_EQ(allocations_of_call({otlp::SamplerKind::kAlwaysOn, 1, true}, traced), 0U);
}

}  // namespace
}  // namespace ofn::tracing

#endif
