// What a line of the log costs the thread that writes it.
#include <chrono>
#include <fcntl.h>
#include <string>

#include <benchmark/benchmark.h>

#include <ofn/log.h>

#include "logging/access_log.h"
#include "logging/author_log.h"
#include "logging/logger.h"
#include "os/calls_in_flight.h"

namespace ofn {
namespace {

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

int null_device() {
  static const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  return fd;
}

void authors_line(benchmark::State& state, Level least) {
  Logger logger({}, least, null_device());
  const AuthorLog log(logger, least);
  const abi::Host host{.log = log.host()};
  internal::host_slot = &host;
  const std::string pay = "pay";
  const std::string order = "o-17";
  os::CallMark mark(nullptr);
  mark.began(pay, {.request = "4bf92f3577b34da6a3ce929d0e0e4736",
                   .trace = *SpanContext::parse(kTraceparent)});
  const os::CallMark::RunsHere here(mark);
  for (auto _ : state) log_info("charged", {{"order", order}, {"cents", 1299}});
  internal::host_slot = nullptr;
  state.counters["dropped"] = static_cast<double>(logger.dropped());
}
void author_disabled(benchmark::State& state) { authors_line(state, Level::kWarning); }
void author_enabled(benchmark::State& state) { authors_line(state, Level::kInfo); }

void access_line(benchmark::State& state) {
  Logger logger({}, Level::kInfo, null_device());
  AccessLog log(logger, AccessLog::Which::kAll);
  const Function pay{.name = "pay"};
  TraceContext trace;
  trace.begin(*SpanContext::parse(kTraceparent), kTraceparent, "");
  const CallRecord record{.start = {.function = &pay,
                                    .id = "4bf92f3577b34da6a3ce929d0e0e4736",
                                    .route = "/orders/{id}",
                                    .method = "POST",
                                    .target = "/orders/17?secret",
                                    .known_method = HttpMethod::kPost,
                                    .version = HttpVersion::k11},
                          .outcome = {.status = 200},
                          .answered = std::chrono::microseconds(37),
                          .bytes_in = 4,
                          .bytes_out = 3,
                          .trace = &trace};
  for (auto _ : state) log.ended(record);
  state.counters["dropped"] = static_cast<double>(logger.dropped());
}

BENCHMARK(author_disabled);
BENCHMARK(author_enabled);
BENCHMARK(access_line);

}  // namespace
}  // namespace ofn

BENCHMARK_MAIN();
