// What <ofn/metrics.h> and <ofn/span.h> cost a function's thread.
//
//   ninja -C build ofn_author_bench && build/bin/ofn_author_bench
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include <ofn/metrics.h>
#include <ofn/span.h>

#include "base/clock.h"
#include "invocation/call_spans.h"
#include "metrics/author_metrics.h"
#include "os/calls_in_flight.h"

OFN_COUNTER(visits, "bench.visits", "{visit}", "Visits")
OFN_COUNTER(orders, "bench.orders", "{order}", "Orders", "bench.kind")
OFN_HISTOGRAM(payment, "bench.payment.duration", "s", "Time")

namespace ofn::metrics {
namespace {

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

void counter_off(benchmark::State& state) {
  const Counter<0> uncounted;
  for (auto _ : state) uncounted.add(1);
}
void counter(benchmark::State& state) {
  for (auto _ : state) visits.add(1);
}
void counter_with_a_label(benchmark::State& state) {
  const std::string kind = "tea";
  for (auto _ : state) orders.add(1, kind);
}
void histogram(benchmark::State& state) {
  for (auto _ : state) payment.record(0.07);
}

// A call. `spans`: null if it is not recorded.
struct Call {
  Call(CallSpans* spans, std::string_view flags) : ids(std::string(kTraceparent).append(flags)) {
    mark.began(name, {.request = "r", .execution = {}, .trace = SpanContext::parse_or_empty(ids)});
    mark.set_spans(spans);
  }
  const std::string name = "f";
  const std::string ids;
  os::CallMark mark{nullptr};
};

void histogram_with_an_exemplar(benchmark::State& state) {
  Call call(nullptr, "01");
  const os::CallMark::RunsHere here(call.mark);
  for (auto _ : state) payment.record(0.07);
}

void span_without_host(benchmark::State& state) {
  for (auto _ : state) Span("span").set("rows", 3);
}
void span_not_recorded(benchmark::State& state) {
  const abi::Host host{.log = {}, .spans = &CallSpans::host()};
  internal::host_slot = &host;
  Call call(nullptr, "00");
  const os::CallMark::RunsHere here(call.mark);
  for (auto _ : state) Span("span").set("rows", 3);
  internal::host_slot = nullptr;
}
// A call of 16 spans with an attribute each; the number is that of one span.
void span_recorded(benchmark::State& state) {
  const abi::Host host{.log = {}, .spans = &CallSpans::host()};
  internal::host_slot = &host;
  const SystemClock clock;
  CallSpans spans(clock);
  Call call(&spans, "01");
  const os::CallMark::RunsHere here(call.mark);
  int made = 0;
  for (auto _ : state) {
    Span("span").set("rows", 3);
    if (++made % 16 == 0) spans.clear();
  }
  internal::host_slot = nullptr;
}

BENCHMARK(counter_off);
BENCHMARK(counter);
BENCHMARK(counter_with_a_label);
BENCHMARK(histogram);
BENCHMARK(histogram_with_an_exemplar);
BENCHMARK(span_without_host);
BENCHMARK(span_not_recorded);
BENCHMARK(span_recorded);

}  // namespace
}  // namespace ofn::metrics

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  ofn::abi::Program program;
  ofn_program(&program);
  auto made = ofn::metrics::AuthorMetrics::of({&program, 1});
  if (!made) return 1;
  const ofn::metrics::Source source = ofn::metrics::count(*std::move(made));
  benchmark::RunSpecifiedBenchmarks();
}
