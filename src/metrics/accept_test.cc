#include "metrics/accept.h"

#include <string>

#include <gtest/gtest.h>

namespace ofn::metrics {
namespace {

constexpr const char* kProtobuf =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

struct Case {
  const char* about;
  std::string accept;
  Format format;
};

TEST(Accept, TheFormatThatTheScraperPrefers) {
  const Case cases[] = {
      {"nothing", "", Format::kPrometheusText},
      {"anything", "*/*", Format::kPrometheusText},
      {"a browser", "text/html,application/xhtml+xml,*/*;q=0.8", Format::kPrometheusText},
      {"nothing that is known", "application/json", Format::kPrometheusText},
      {"OpenMetrics", "application/openmetrics-text", Format::kOpenMetrics},
      {"a version", "application/openmetrics-text; version=1.0.0", Format::kOpenMetrics},
      {"capitals", "Application/OpenMetrics-Text; Version=1.0.0; Q=0.5", Format::kOpenMetrics},
      {"a quoted version", "application/openmetrics-text; version=\"1.0.0\"", Format::kOpenMetrics},
      {"a version that is not served",
       "application/openmetrics-text;version=0.0.1,text/plain;q=0.1", Format::kPrometheusText},
      {"protobuf", kProtobuf, Format::kProtobuf},
      {"another message", "application/vnd.google.protobuf;proto=a.B;encoding=delimited",
       Format::kPrometheusText},
      {"another encoding",
       "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
       Format::kPrometheusText},
      {"Prometheus 2.42",
       "application/openmetrics-text;version=1.0.0,application/"
       "openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       Format::kOpenMetrics},
      {"Prometheus 2.42 with native histograms",
       std::string(kProtobuf) + ",application/openmetrics-text;version=1.0.0;q=0.8,"
                                "application/openmetrics-text;version=0.0.1;q=0.75,text/"
                                "plain;version=0.0.4;q=0.5,*/*;q=0.1",
       Format::kProtobuf},
      {"Prometheus 3",
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
       "application/openmetrics-text;version=0.0.1;q=0.4,text/"
       "plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
       "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
       Format::kOpenMetrics},
      {"the higher weight", "application/openmetrics-text;q=0.2, text/plain ; q=0.3",
       Format::kPrometheusText},
      {"the first of two equal ones", "text/plain,application/openmetrics-text",
       Format::kPrometheusText},
      {"what is refused", "application/openmetrics-text;q=0", Format::kPrometheusText},
      {"a weight that is no number", "application/openmetrics-text;q=x", Format::kPrometheusText},
      {"separators only", ",;,=;", Format::kPrometheusText},
  };
  for (const Case& each : cases) EXPECT_EQ(accepted_format(each.accept), each.format) << each.about;
}

}  // namespace
}  // namespace ofn::metrics
