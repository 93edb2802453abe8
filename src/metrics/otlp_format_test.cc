#include "metrics/otlp_format.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otlp/json_text.h"
#include "otlp/request.h"

namespace ofn::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr OtlpTimes kTimes = {.started = SystemTime(std::chrono::seconds(5)),
                              .now = SystemTime(std::chrono::seconds(7))};

std::string json_of(const Snapshot& snapshot) {
  return otlp::to_otlp_json(
      otlp::Signal::kMetrics,
      otlp::make_request({.scope = "ofn"}, otlp_metrics(snapshot, kTimes).items));
}

TEST(OtlpFormat, EveryTypeIsWritten) {
  struct Case {
    Metric metric;
    std::string part;
  };
  const std::string point =
      R"("dataPoints":[{"startTimeUnixNano":"5000000000","timeUnixNano":"7000000000","asDouble":3,)"
      R"("attributes":[{"key":"ofn.reason","value":{"stringValue":"x"}}]}])";
  const Case cases[] = {
      {Metric::kRefusedRequests,
       R"("name":"ofn.refused_requests","description":"Requests and deliveries that the function did not get",)"
       R"("unit":"{request}","sum":{)" +
           point + R"(,"aggregationTemporality":2,"isMonotonic":true})"},
      {Metric::kActiveRequests,
       R"("sum":{)" + point + R"(,"aggregationTemporality":2,"isMonotonic":false})"},
      {Metric::kGateInUse, R"("gauge":{)" + point + "}"},
      {Metric::kBuildInfo, R"("name":"ofn.build")"},
  };
  for (const Case& each : cases) {
    Snapshot snapshot;
    snapshot.add(each.metric, {{"ofn.reason", "x"}}, 3);
    EXPECT_THAT(json_of(snapshot), HasSubstr(each.part));
    EXPECT_EQ(otlp_metrics(snapshot, kTimes).points, 1U);
  }
}

TEST(OtlpFormat, AHistogramHasTheExplicitBuckets) {
  Histogram<TimeBuckets> times;
  times.record(4'000'000);
  times.record(20'000'000'000);
  times.keep_exemplar(
      4'000'000, *SpanContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
      SystemTime(std::chrono::seconds(6)));
  Distribution distribution(TimeBuckets::layout());
  distribution.add(times);
  Snapshot snapshot;
  snapshot.add(Metric::kInvokeDuration, {}, std::move(distribution));
  const std::string json = json_of(snapshot);
  for (const char* part :
       {R"("count":"2")", R"("sum":20.004)",
        R"("bucketCounts":["1","0","0","0","0","0","0","0","0","0","0","0","0","0","1"])",
        R"("explicitBounds":[0.005,0.01,0.025,0.05,0.075,0.1,0.25,0.5,0.75,1,2.5,5,7.5,10])",
        R"("traceId":"0af7651916cd43dd8448eb211c80319c")", R"("spanId":"b7ad6b7169203331")"})
    EXPECT_THAT(json, HasSubstr(part));
}

TEST(OtlpFormat, TheResourceIsNoMetric) {
  Snapshot snapshot;
  snapshot.add(Metric::kTargetInfo, {{"service.name", "a"}}, 1);
  EXPECT_EQ(otlp_metrics(snapshot, kTimes).points, 0U);
  EXPECT_EQ(otlp_metrics(snapshot, kTimes).items, "");
}

}  // namespace
}  // namespace ofn::metrics
