// What it costs to encode a span, to put spans into a request, and to compress or translate that.
//
//   ninja -C build ofn_otlp_bench && build/bin/ofn_otlp_bench
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "gzip/gzip.h"
#include "otlp/attributes.h"
#include "otlp/json_text.h"
#include "otlp/protobuf_writer.h"
#include "otlp/request.h"

namespace ofn::otlp {
namespace {

constexpr std::size_t kBatch = 512;

// A server's span with ten attributes.
void write_span(ProtobufWriter& out, std::string_view id) {
  out.message(kItem, [&] {
    out.bytes(1, id);
    out.bytes(2, id.substr(0, 8));
    out.bytes(4, id.substr(8));
    write_text(out, 5, "GET /users/{id}");
    out.varint(6, 2);
    out.fixed64(7, 1'700'000'000'000'000'000);
    out.fixed64(8, 1'700'000'000'500'000'000);
    write_attribute(out, 9, "http.request.method", "GET");
    write_attribute(out, 9, "http.route", "/users/{id}");
    write_attribute(out, 9, "http.response.status_code", 200);
    write_attribute(out, 9, "url.scheme", "http");
    write_attribute(out, 9, "url.path", "/users/4711");
    write_attribute(out, 9, "network.protocol.version", "1.1");
    write_attribute(out, 9, "server.address", "shop.example.com");
    write_attribute(out, 9, "faas.trigger", "http");
    write_attribute(out, 9, "faas.invocation_id", "0f8fad5b-d9cb-469f-a165-70867728950e");
    write_attribute(out, 9, "faas.coldstart", false);
    out.fixed32(16, 257);
  });
}

std::string batch() {
  std::string items;
  ProtobufWriter out(items);
  for (std::size_t i = 0; i < kBatch; ++i) write_span(out, "0123456789abcdef");
  return items;
}

void encode_span(benchmark::State& state) {
  std::string items;
  ProtobufWriter out(items);
  write_span(out, "0123456789abcdef");
  const std::size_t size = items.size();
  for (auto _ : state) {
    items.clear();
    write_span(out, "0123456789abcdef");
    benchmark::DoNotOptimize(items.data());
  }
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(encode_span);

void make_request_of_512(benchmark::State& state) {
  const std::string items = batch();
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_request({.resource = "resource", .scope = "ofn"}, items));
  }
}
BENCHMARK(make_request_of_512);

void compress_512(benchmark::State& state) {
  const std::string request = make_request({.resource = "", .scope = "ofn"}, batch());
  std::size_t size = 0;
  for (auto _ : state) size = gzip(request).size();
  state.counters["ratio"] = static_cast<double>(request.size()) / static_cast<double>(size);
}
BENCHMARK(compress_512);

void json_of_512(benchmark::State& state) {
  const std::string request = make_request({.resource = "", .scope = "ofn"}, batch());
  for (auto _ : state) benchmark::DoNotOptimize(to_otlp_json(Signal::kTraces, request));
}
BENCHMARK(json_of_512);

}  // namespace
}  // namespace ofn::otlp

BENCHMARK_MAIN();
