// What a call costs its loop: not recorded, recorded, and one that sends.
//
//   ninja -C build ofn_tracing_bench && build/bin/ofn_tracing_bench
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "tracing/tracer.h"

namespace ofn::tracing {
namespace {

class Nowhere final : public otlp::Destination {
 public:
  explicit Nowhere(Loop& loop) : loop_(loop) {}
  std::size_t concurrency() const override { return 1; }
  void deliver(std::string_view, Deadline,
               std::move_only_function<void(const otlp::Answer&)> done) override {
    loop_.post([done = std::move(done)]() mutable { done({}); });
  }
  void close(std::function<void()> closed) override { loop_.post(std::move(closed)); }
  std::string_view name() const override { return "nowhere"; }

 private:
  Loop& loop_;
};

const std::string kIds = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

// One call of an observer, as an invocation makes it. `parent`: the caller's traceparent; empty: none.
void run_calls(benchmark::State& state, const otlp::Sampler& sampler, const std::string& parent) {
  SystemClock clock;
  Loop loop(clock);
  NullLog log;
  SpanExport exporting(loop, std::make_unique<Nowhere>(loop), {}, log);
  otlp::TracesSettings settings;
  settings.sampler = sampler;
  SpanBatch batch(loop, exporting, settings.batches, 1);
  TraceRules rules(settings, {});
  Tracer tracer(loop, rules, batch);

  Function function;
  function.name = "hello";
  std::vector<Field> fields = {{"host", "127.0.0.1:8080"},
                               {"user-agent", "bench/1.0"},
                               {"accept", "*/*"},
                               {"content-type", "text/plain"}};
  if (!parent.empty()) fields.push_back({"traceparent", parent});
  const CallStart start{.function = &function,
                        .id = "0123456789abcdef0123456789abcdef",
                        .route = "/users/{id}",
                        .method = "GET",
                        .target = "/users/7?a=b",
                        .fields = fields,
                        .known_method = HttpMethod::kGet,
                        .version = HttpVersion::k11,
                        .arrived = loop.now()};
  TraceContext trace;
  const CallRecord record{
      .start = start, .outcome = {.status = 200}, .answered = Duration(1000), .trace = &trace};
  std::size_t calls = 0;
  for (auto _ : state) {
    trace.begin(SpanContext::parse_or_empty(parent), parent, {});
    tracer.began(start, trace);
    benchmark::DoNotOptimize(trace.context());
    tracer.ended(record);
    if (++calls % 512 == 0) {
      while (loop.poll()) {
      }
    }
  }
}

void not_recorded(benchmark::State& state) {
  run_calls(state, {otlp::SamplerKind::kAlwaysOff, 1, true}, "");
}
void not_recorded_by_its_caller(benchmark::State& state) {
  run_calls(state, {otlp::SamplerKind::kAlwaysOn, 1, true}, kIds + "00");
}
void recorded(benchmark::State& state) {
  run_calls(state, {otlp::SamplerKind::kAlwaysOn, 1, true}, "");
}
void recorded_with_its_caller(benchmark::State& state) {
  run_calls(state, {otlp::SamplerKind::kAlwaysOn, 1, true}, kIds + "01");
}
BENCHMARK(not_recorded);
BENCHMARK(not_recorded_by_its_caller);
BENCHMARK(recorded);
BENCHMARK(recorded_with_its_caller);

}  // namespace
}  // namespace ofn::tracing

BENCHMARK_MAIN();
