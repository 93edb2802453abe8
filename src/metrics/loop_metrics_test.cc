// From what an observer is told to the lines that a scraper reads.
#include "metrics/loop_metrics.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/collector.h"
#include "metrics/text_format.h"
#include "testing/manual_clock.h"

namespace ofn::metrics {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const Function kFunction{.name = "f"};
constexpr std::string_view kRoute = "/users/{id}";

// One loop, and what its scraper reads.
struct Stage {
  explicit Stage(FunctionContext with = {}) : context(std::move(with)) {}

  void call(CallRecord record) {
    TraceContext trace;
    if (record.start.function != nullptr) loop_metrics.began(record.start, trace);
    loop_metrics.ended(record);
  }
  std::string text(TextFormat format = TextFormat::kPrometheus) const {
    return text_exposition(collector.collect(), format);
  }

  testing::ManualClock clock;
  Loop loop{clock};
  FunctionContext context;
  Collector collector{context};
  LoopMetrics& loop_metrics = collector.on(loop);
};

CallRecord request(int status = 200) {
  return {.start = {.function = &kFunction,
                    .route = kRoute,
                    .method = "GET",
                    .known_method = HttpMethod::kGet,
                    .version = HttpVersion::k11},
          .outcome = {.status = static_cast<std::uint16_t>(status), .ran_on = Placement::kLoop},
          .answered = 3ms,
          .ran = 2ms,
          .bytes_in = 0,
          .bytes_out = 13};
}

CallRecord failed(int status, Verdict verdict) {
  CallRecord record = request(status);
  record.outcome.verdict = verdict;
  return record;
}

CallRecord refused(Refusal why, int status) {
  CallRecord record = request(status);
  record.outcome.verdict = Verdict::kError;
  record.outcome.refusal = why;
  record.outcome.ran_on = Placement::kNowhere;
  return record;
}

TEST(LoopMetrics, ARequestIsAnObservationWithTheLabelsOfTheConventions) {
  Stage stage;
  stage.call(request());
  const std::string labels =
      "{http_request_method=\"GET\",url_scheme=\"http\",http_response_status_code=\"200\","
      "http_route=\"/users/{id}\",network_protocol_version=\"1.1\"";
  const std::string text = stage.text();
  for (const std::string& line :
       {"http_server_request_duration_seconds_bucket" + labels + ",le=\"0.005\"} 1\n",
        "http_server_request_duration_seconds_bucket" + labels + ",le=\"10.0\"} 1\n",
        "http_server_request_duration_seconds_bucket" + labels + ",le=\"+Inf\"} 1\n",
        "http_server_request_duration_seconds_sum" + labels + "} 0.003\n",
        "http_server_request_duration_seconds_count" + labels + "} 1\n",
        "http_server_response_body_size_bytes_sum" + labels + "} 13\n",
        "http_server_response_body_size_bytes_bucket" + labels + ",le=\"1.048576e+06\"} 1\n",
        "http_server_request_body_size_bytes_sum" + labels + "} 0\n",
        std::string("faas_invoke_duration_seconds_sum{faas_trigger=\"http\"} 0.002\n"),
        std::string("faas_invocations_total{faas_trigger=\"http\"} 1\n"),
        std::string("faas_errors_total{faas_trigger=\"http\"} 0\n"),
        std::string("faas_coldstarts_total{faas_trigger=\"http\"} 1\n"),
        std::string("ofn_function_runs_total{ofn_thread=\"loop\"} 1\n"),
        std::string("# TYPE http_server_request_duration_seconds histogram\n")})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("error_type")));
}

struct LabelCase {
  const char* about;
  CallRecord record;
  std::string line;
};

TEST(LoopMetrics, WhatIsCountedForEachEnd) {
  CallRecord unknown_method = request();
  unknown_method.start.method = "BREW";
  unknown_method.start.known_method = HttpMethod::kOther;
  CallRecord http2 = request();
  http2.start.version = HttpVersion::k2;
  CallRecord without_route = request();
  without_route.start.route = {};
  CallRecord late = failed(504, Verdict::kError);
  late.outcome.timed_out = true;
  CallRecord broken_off = failed(200, Verdict::kError);
  CallRecord left = refused(Refusal::kCallerLeft, 503);
  CallRecord probe = refused(Refusal::kProbe, 200);
  probe.start.function = nullptr;
  CallRecord on_worker = request();
  on_worker.outcome.ran_on = Placement::kWorker;
  const LabelCase cases[] = {
      {"an unknown method", unknown_method, "_count{http_request_method=\"_OTHER\""},
      {"HTTP/2", http2, "network_protocol_version=\"2\"} 1\n"},
      {"no route", without_route,
       "http_response_status_code=\"200\",network_protocol_version=\"1.1\"} 1\n"},
      {"a crash", failed(500, Verdict::kCrash), "error_type=\"crash\"} 1\n"},
      {"an error is counted", failed(500, Verdict::kError),
       "faas_errors_total{faas_trigger=\"http\"} 1\n"},
      {"a failed output", failed(502, Verdict::kError), "error_type=\"502\"} 1\n"},
      {"a client's error is none of ours", failed(404, Verdict::kError),
       "http_response_status_code=\"404\",http_route=\"/users/{id}\","
       "network_protocol_version=\"1.1\"} 1\n"},
      {"too late", late, "error_type=\"timeout\"} 1\n"},
      {"too late is counted", late, "faas_timeouts_total{faas_trigger=\"http\"} 1\n"},
      {"an answer that breaks off", broken_off, "error_type=\"aborted\"} 1\n"},
      {"a client that left", left, "error_type=\"caller_left\"} 1\n"},
      {"a worker", on_worker, "ofn_function_runs_total{ofn_thread=\"worker\"} 1\n"},
      {"a probe", probe, "ofn_probes_total 1\n"},
      {"no slot", refused(Refusal::kTooMany, 503),
       "ofn_refused_requests_total{ofn_reason=\"too_many\",faas_trigger=\"http\"} 1\n"},
      {"no HTTP", refused(Refusal::kBroken, 400),
       "ofn_refused_requests_total{ofn_reason=\"broken\",faas_trigger=\"http\"} 1\n"},
      {"no route has the path", refused(Refusal::kNoRoute, 404),
       "ofn_refused_requests_total{ofn_reason=\"no_route\",faas_trigger=\"http\"} 1\n"},
  };
  for (const LabelCase& each : cases) {
    Stage stage;
    stage.call(each.record);
    EXPECT_THAT(stage.text(), HasSubstr(each.line)) << each.about;
  }
}

TEST(LoopMetrics, ProbesAndRequestsThatAreNoHttpAreNoRequests) {
  for (const Refusal why : {Refusal::kProbe, Refusal::kBroken}) {
    Stage stage;
    CallRecord record = refused(why, 400);
    record.start.function = nullptr;
    stage.call(record);
    EXPECT_THAT(stage.text(), Not(HasSubstr("http_server_request_duration")));
    EXPECT_THAT(stage.text(), Not(HasSubstr("\nfaas_")));
  }
}

TEST(LoopMetrics, ARequestIsActiveUntilItsEnd) {
  Stage stage;
  const CallRecord record = request();
  TraceContext trace;
  stage.loop_metrics.began(record.start, trace);
  stage.loop_metrics.began(record.start, trace);
  const std::string line =
      "http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"} ";
  EXPECT_THAT(stage.text(), HasSubstr(line + "2\n"));
  stage.loop_metrics.ended(record);
  EXPECT_THAT(stage.text(), HasSubstr(line + "1\n"));
  stage.loop_metrics.ended(record);
  EXPECT_THAT(stage.text(), HasSubstr(line + "0\n"));
  CallRecord no_route = refused(Refusal::kNoRoute, 404);
  no_route.start.function = nullptr;
  stage.loop_metrics.ended(no_route);
  EXPECT_THAT(stage.text(), HasSubstr(line + "0\n")) << "what reaches no function is never active";
}

TEST(LoopMetrics, ADeliveryIsAMessage) {
  const Trigger orders{.name = "orders",
                       .component = "bus",
                       .kind = ComponentKind::kPubsub,
                       .component_type = "pubsub.azure.servicebus.topics",
                       .topic = "orders-v1"};
  const Inbound inbound{.input = orders};
  CallRecord record{.start = {.function = &kFunction,
                              .route = orders.name,
                              .kind = CallKind::kTopicEvent,
                              .delivery = &inbound},
                    .outcome = {.status = 200, .ran_on = Placement::kWorker},
                    .answered = 20ms,
                    .ran = 1ms};
  Stage stage;
  stage.call(record);
  record.outcome.verdict = Verdict::kCrash;
  record.outcome.status = 500;
  stage.call(record);
  record.outcome.dropped = true;
  stage.call(record);
  const std::string text = stage.text();
  const std::string labels =
      "{messaging_system=\"servicebus\",messaging_operation_name=\"process\","
      "messaging_destination_name=\"orders-v1\"";
  for (const std::string& line :
       {"messaging_process_duration_seconds_count" + labels + "} 1\n",
        "messaging_process_duration_seconds_count" + labels + ",error_type=\"crash\"} 2\n",
        std::string("ofn_deliveries_total{ofn_input=\"orders\",ofn_outcome=\"success\"} 1\n"),
        std::string("ofn_deliveries_total{ofn_input=\"orders\",ofn_outcome=\"retry\"} 1\n"),
        std::string("ofn_deliveries_total{ofn_input=\"orders\",ofn_outcome=\"drop\"} 1\n"),
        std::string("faas_invocations_total{faas_trigger=\"pubsub\"} 1\n"),
        std::string("faas_errors_total{faas_trigger=\"pubsub\"} 2\n")})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("http_server")));
}

TEST(LoopMetrics, OutputsHaveTheNamesOfTheUser) {
  FunctionContext context;
  context.outputs.resize(2);
  context.outputs[0].name = "archive";
  context.outputs[1].name = "events";
  Stage stage(context);
  const auto ended = [&](std::size_t output, Delivered outcome, unsigned tries) {
    stage.loop_metrics.output_ended({.output = &stage.context.outputs[output],
                                     .outcome = outcome,
                                     .tries = tries,
                                     .took = 40ms});
  };
  ended(1, Delivered::kConfirmed, 1);
  ended(1, Delivered::kRefused, 3);
  ended(1, Delivered::kTimedOut, 1);
  ended(1, Delivered::kUnreachable, 2);
  const std::string text = stage.text();
  for (const char* line :
       {"ofn_output_payloads_total{ofn_output=\"archive\",ofn_outcome=\"confirmed\"} 0\n",
        "ofn_output_payloads_total{ofn_output=\"events\",ofn_outcome=\"confirmed\"} 1\n",
        "ofn_output_payloads_total{ofn_output=\"events\",ofn_outcome=\"refused\"} 1\n",
        "ofn_output_payloads_total{ofn_output=\"events\",ofn_outcome=\"timed_out\"} 1\n",
        "ofn_output_payloads_total{ofn_output=\"events\",ofn_outcome=\"unreachable\"} 1\n",
        "ofn_output_tries_total{ofn_output=\"events\"} 7\n",
        "ofn_output_duration_seconds_count{ofn_output=\"events\"} 4\n",
        "ofn_output_duration_seconds_bucket{ofn_output=\"events\",le=\"0.025\"} 0\n",
        "ofn_output_duration_seconds_bucket{ofn_output=\"events\",le=\"0.05\"} 4\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(LoopMetrics, LoopsAreAddedUp) {
  Stage stage;
  LoopMetrics& second = stage.collector.on(stage.loop);
  stage.loop_metrics.ended(request());
  second.ended(request());
  second.ended(failed(500, Verdict::kError));
  EXPECT_THAT(stage.text(),
              HasSubstr("http_response_status_code=\"200\",http_route=\"/users/{id}\","
                        "network_protocol_version=\"1.1\"} 2\n"));
  EXPECT_THAT(stage.text(), HasSubstr("faas_errors_total{faas_trigger=\"http\"} 1\n"));
  EXPECT_THAT(stage.text(), HasSubstr("faas_coldstarts_total{faas_trigger=\"http\"} 1\n"))
      << "the process has one first call";
}

TEST(LoopMetrics, AboveTheLimitOneSeriesStandsForAllOthers) {
  FunctionContext context;
  testing::ManualClock clock;
  Loop loop(clock);
  SeriesLimit limit(3);
  LoopMetrics one(loop, context, limit);
  LoopMetrics other(loop, context, limit);
  for (int status = 200; status < 210; ++status) {
    one.ended(request(status));
    other.ended(request(status));
  }
  std::size_t series = 0;
  std::uint64_t above = 0;
  for (const LoopMetrics* each : {&one, &other}) {
    each->calls().each([&](const CallSeries& one_series) {
      ++series;
      if (one_series.is_overflow) above += one_series.answered.count();
    });
  }
  EXPECT_EQ(series, 2U * (3 + 1));
  EXPECT_EQ(above, 2U * 7);
}

TEST(LoopMetrics, TheSeriesAboveTheLimitHasOneLabel) {
  Stage stage;
  for (int status = 0; status < 1000; ++status) {
    for (const char* method : {"GET", "POST", "PUT"}) {
      CallRecord record = request(status);
      record.start.method = method;
      record.start.known_method = http_method_of(method);
      stage.call(record);
    }
  }
  const std::string text = stage.text();
  EXPECT_THAT(
      text,
      HasSubstr(
          "http_server_request_duration_seconds_count{otel_metric_overflow=\"true\"} 1000\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"} 0\n"));
}

constexpr const char* kSampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(LoopMetrics, TheLastSampledTraceOfABucketIsItsExemplar) {
  Stage stage;
  TraceContext trace;
  CallRecord record = request();
  record.trace = &trace;
  for (const char* not_sampled : {"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                                  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-a",
                                  "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                  "00-\"}{\n1916cd43dd8448eb211c80319c----b7ad6b7169203331-01"}) {
    trace.begin(SpanContext::parse_or_empty(not_sampled), not_sampled, "");
    stage.call(record);
  }
  EXPECT_THAT(stage.text(TextFormat::kOpenMetrics), Not(HasSubstr("trace_id")));
  trace.begin(
      SpanContext::parse_or_empty("00-11111111111111111111111111111111-2222222222222222-0b"),
      "00-11111111111111111111111111111111-2222222222222222-0b", "");
  stage.call(record);
  trace.begin(SpanContext::parse_or_empty(kSampled), kSampled, "");
  stage.call(record);
  EXPECT_THAT(stage.text(TextFormat::kOpenMetrics),
              HasSubstr(",le=\"0.005\"} 7 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\","
                        "span_id=\"b7ad6b7169203331\"} 0.003 1704067200\n"));
  EXPECT_THAT(stage.text(), Not(HasSubstr("trace_id"))) << "the older format has none";
}

TEST(LoopMetrics, ATracersSpanIsAnExemplarIfItIsSampled) {
  for (const bool is_sampled : {true, false}) {
    Stage stage;
    TraceContext trace;
    SpanContext own = *SpanContext::parse(kSampled);
    own.flags = is_sampled ? 1 : 0;
    trace.begin(SpanContext::parse_or_empty(""), "", "");
    trace.set({.own = own});
    CallRecord record = request();
    record.trace = &trace;
    stage.call(record);
    const std::string text = stage.text(TextFormat::kOpenMetrics);
    EXPECT_EQ(text.find("0af7651916cd43dd8448eb211c80319c") != std::string::npos, is_sampled);
  }
}

TEST(LoopMetrics, AReaderOnAnotherThreadSeesWholeHistograms) {
  Stage stage;
  std::atomic<bool> has_read = false;
  std::thread reader([&] {
    for (int i = 0; i < 200; ++i) {
      const Snapshot snapshot = stage.collector.collect();
      for (const Sample& sample : snapshot.families()[0].samples) {
        const auto& distribution = std::get<Distribution>(sample.value);
        std::uint64_t all = 0;
        for (const std::uint64_t bucket : distribution.classic()) all += bucket;
        std::uint64_t native = distribution.zeros();
        for (const Distribution::Native& bucket : distribution.native()) native += bucket.count;
        EXPECT_EQ(all, distribution.count());
        EXPECT_EQ(native, distribution.count());
      }
    }
    has_read = true;
  });
  TraceContext trace;
  trace.begin(SpanContext::parse_or_empty(kSampled), kSampled, "");
  for (int i = 0; !has_read; ++i) {
    CallRecord record = request(200 + i % 300);
    record.answered = std::chrono::microseconds(i % 1'000'000);
    record.trace = &trace;
    stage.call(record);
  }
  reader.join();
}

TEST(CallKey, TellsCallsApartByEachOfItsParts) {
  const CallKey key{.owner = &kFunction, .outcome = {.status = 200}, .method = HttpMethod::kGet};
  const auto changed = [&key](auto change) {
    CallKey other = key;
    change(other);
    return other;
  };
  const CallKey others[] = {
      changed([](CallKey& other) { other.owner = nullptr; }),
      changed([](CallKey& other) { other.outcome.status = 201; }),
      changed([](CallKey& other) { other.outcome.verdict = Verdict::kError; }),
      changed([](CallKey& other) { other.outcome.refusal = Refusal::kTooLate; }),
      changed([](CallKey& other) { other.outcome.ran_on = Placement::kWorker; }),
      changed([](CallKey& other) { other.outcome.timed_out = true; }),
      changed([](CallKey& other) { other.outcome.dropped = true; }),
      changed([](CallKey& other) { other.method = HttpMethod::kPost; }),
      changed([](CallKey& other) { other.version = HttpVersion::k2; }),
      changed([](CallKey& other) { other.kind = CallKind::kBinding; }),
  };
  std::set<CallKey> all(std::begin(others), std::end(others));
  EXPECT_EQ(all.size(), std::size(others));
  EXPECT_FALSE(all.contains(key));
  EXPECT_EQ(key, changed([](CallKey&) {}));
}

}  // namespace
}  // namespace ofn::metrics
