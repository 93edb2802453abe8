// What the byte level costs: a head parsed, an answer written, and both around a whole session.
//
//   cmake --build build --target ofn_http1_bench && build/bin/ofn_http1_bench
//   valgrind --tool=callgrind --toggle-collect='*Http1Session*::receive*' build/bin/ofn_http1_bench …
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "wire/http1/chunk_parser.h"
#include "wire/http1/head_parser.h"
#include "wire/http1/http1_session.h"
#include "wire/http1/response_writer.h"

namespace ofn::wire::http1 {
namespace {

const std::string kWrk = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
const std::string kCurl =
    "GET /hello?name=world HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n\r\n";
const std::string kBrowser =
    "GET /favicon.png HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36\r\nsec-ch-ua-platform: \"Linux\"\r\n"
    "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"
    "Referer: http://localhost:8080/index.html?a=b&c=d\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r\nCookie: session=0123456789abcdef0123456789"
    "abcdef0123456789abcdef; theme=dark\r\n\r\n";

void parse_head(benchmark::State& state, const std::string& bytes) {
  const Limits limits;
  HeadParser parser(limits);
  Head head;
  std::vector<Field> fields;
  for (auto unused : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.parse(bytes));
    benchmark::DoNotOptimize(parser.read(bytes, head, fields));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size() * state.iterations()));
}
BENCHMARK_CAPTURE(parse_head, wrk, kWrk);
BENCHMARK_CAPTURE(parse_head, curl, kCurl);
BENCHMARK_CAPTURE(parse_head, browser, kBrowser);

void parse_chunks(benchmark::State& state) {
  const Limits limits;
  ChunkParser parser(limits);
  Body body;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += "400\r\n" + std::string(1024, 'x') + "\r\n";
  bytes += "0\r\n\r\n";
  for (auto unused : state) {
    parser.reset();
    body.clear();
    benchmark::DoNotOptimize(parser.parse(bytes, body).consumed);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size() * state.iterations()));
}
BENCHMARK(parse_chunks);

void write_hello(benchmark::State& state) {
  const Response response("hello\n");
  const std::array<Field, 2> extra = {
      Field{"X-OpenFunction-Status", "success"},
      Field{"X-Request-Id", "0b0d5c3e-7a34-4a0e-9d7f-000000000000"}};
  std::string out;
  for (auto unused : state) {
    out.clear();
    write_response(out, response, {.extra = extra, .date = "Sun, 06 Nov 1994 08:49:37 GMT"});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_hello);

class Answers final : public Handler {
 public:
  void handle(ExchangePtr exchange) override { exchange->respond(Response("hello\n")); }
};

class NullTransport final : public Transport {
 public:
  explicit NullTransport(Loop& loop) : loop_(loop) {}
  void wake() override {}
  void replace(std::unique_ptr<Session>, std::string_view) override {}
  Loop& loop() override { return loop_; }
  std::string_view peer() const override { return "127.0.0.1:1"; }

 private:
  Loop& loop_;
};

void serve_hello(benchmark::State& state) {
  const SystemClock clock;
  const Limits limits;
  Loop loop(clock);
  NullTransport transport(loop);
  Answers handler;
  HttpDate date;
  const SessionContext context{handler, limits, date, {}};
  const auto session = make_session(context);
  session->start(transport);
  std::array<std::string_view, 4> views;
  for (auto unused : state) {
    session->receive(kWrk);
    session->gather(views);
    session->sent(views[0].size());
  }
}
BENCHMARK(serve_hello);

}  // namespace
}  // namespace ofn::wire::http1

BENCHMARK_MAIN();
