#include "metrics/text_format.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "metrics/number_text.h"

namespace ofn::metrics {
namespace {

Snapshot example() {
  Snapshot snapshot;
  snapshot.add(Metric::kRefusedRequests, {{"ofn.reason", "no_route"}}, 2);
  snapshot.add(Metric::kGateInUse, {}, 1.5);
  snapshot.add(Metric::kTargetInfo, {{"service.name", "a\\b\"c\nd\xFF"}, {"1-x", "y"}}, 1);
  Distribution sizes(SizeBuckets::layout());
  sizes.add<SizeBuckets>(0);
  sizes.add<SizeBuckets>(300);
  snapshot.add(Metric::kRequestBodySize, {{"http.request.method", "GET"}}, std::move(sizes));
  return snapshot;
}

std::string sizes(const std::string& name) {
  std::string text;
  const std::string bounds[] = {"256.0",         "1024.0",        "4096.0",       "16384.0",
                                "65536.0",       "262144.0",      "1.048576e+06", "4.194304e+06",
                                "1.6777216e+07", "6.7108864e+07", "+Inf"};
  for (const std::string& bound : bounds) {
    text += name + "_bucket{http_request_method=\"GET\",le=\"" + bound + "\"} " +
            (bound == "256.0" ? "1" : "2") + "\n";
  }
  return text + name + "_sum{http_request_method=\"GET\"} 300\n" + name +
         "_count{http_request_method=\"GET\"} 2\n";
}

TEST(TextFormat, Prometheus) {
  EXPECT_EQ(text_exposition(example(), TextFormat::kPrometheus),
            "# HELP http_server_request_body_size_bytes Size of the request bodies\n"
            "# TYPE http_server_request_body_size_bytes histogram\n" +
                sizes("http_server_request_body_size_bytes") +
                "# HELP ofn_refused_requests_total Requests and deliveries that the function did "
                "not get\n"
                "# TYPE ofn_refused_requests_total counter\n"
                "ofn_refused_requests_total{ofn_reason=\"no_route\"} 2\n"
                "# HELP ofn_gate_in_use Calls that run, or wait for their outputs\n"
                "# TYPE ofn_gate_in_use gauge\n"
                "ofn_gate_in_use 1.5\n"
                "# HELP target_info The resource that OpenTelemetry's conventions describe\n"
                "# TYPE target_info gauge\n"
                "target_info{service_name=\"a\\\\b\\\"c\\nd?\",_1_x=\"y\"} 1\n");
}

TEST(TextFormat, OpenMetrics) {
  EXPECT_EQ(
      text_exposition(example(), TextFormat::kOpenMetrics),
      "# HELP http_server_request_body_size_bytes Size of the request bodies\n"
      "# TYPE http_server_request_body_size_bytes histogram\n"
      "# UNIT http_server_request_body_size_bytes bytes\n" +
          sizes("http_server_request_body_size_bytes") +
          "# HELP ofn_refused_requests Requests and deliveries that the function did not get\n"
          "# TYPE ofn_refused_requests counter\n"
          "ofn_refused_requests_total{ofn_reason=\"no_route\"} 2\n"
          "# HELP ofn_gate_in_use Calls that run, or wait for their outputs\n"
          "# TYPE ofn_gate_in_use gauge\n"
          "ofn_gate_in_use 1.5\n"
          "# HELP target The resource that OpenTelemetry's conventions describe\n"
          "# TYPE target info\n"
          "target_info{service_name=\"a\\\\b\\\"c\\nd?\",_1_x=\"y\"} 1\n"
          "# EOF\n");
}

TEST(TextFormat, NothingIsNoText) {
  EXPECT_EQ(text_exposition(Snapshot(), TextFormat::kPrometheus), "");
  EXPECT_EQ(text_exposition(Snapshot(), TextFormat::kOpenMetrics), "# EOF\n");
}

TEST(NumberText, IsShortAndExact) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::pair<double, std::string> cases[] = {
      {0, "0"},
      {1, "1"},
      {-2, "-2"},
      {123456789012, "123456789012"},
      {0.25, "0.25"},
      {1e-9, "1e-09"},
      {0.1, "0.1"},
      {1e300, "1e+300"},
      {kInfinity, "+Inf"},
      {-kInfinity, "-Inf"},
      {1704067200.123, "1704067200.123"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(number_text(value), text);
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

}  // namespace
}  // namespace ofn::metrics
