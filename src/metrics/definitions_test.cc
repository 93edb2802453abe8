#include "metrics/definitions.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ofn::metrics {
namespace {

TEST(Definitions, EveryMetricHasANameOfItsOwn) {
  std::set<std::string> names;
  for (const Definition& each : definitions()) {
    EXPECT_TRUE(names.insert(prometheus_name(each)).second) << each.name;
    EXPECT_FALSE(each.help.empty()) << each.name;
    EXPECT_FALSE(each.help.ends_with('.')) << each.name;
  }
}

TEST(Definitions, PrometheusNames) {
  const std::pair<Metric, std::string> cases[] = {
      {Metric::kRequestDuration, "http_server_request_duration_seconds"},
      {Metric::kActiveRequests, "http_server_active_requests"},
      {Metric::kRequestBodySize, "http_server_request_body_size_bytes"},
      {Metric::kColdStarts, "faas_coldstarts_total"},
      {Metric::kCpuTime, "process_cpu_time_seconds_total"},
      {Metric::kBuildInfo, "ofn_build_info"},
      {Metric::kTargetInfo, "target_info"},
  };
  for (const auto& [metric, name] : cases) EXPECT_EQ(prometheus_name(definition_of(metric)), name);
}

TEST(Definitions, LabelNames) {
  const std::pair<std::string, std::string> cases[] = {
      {"http.request.method", "http_request_method"}, {"a-b", "a_b"}, {"1a", "_1a"}, {"", ""}};
  for (const auto& [name, shown] : cases) EXPECT_EQ(label_name(name), shown);
}

}  // namespace
}  // namespace ofn::metrics
