#include "context/metrics_choice.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ofn {
namespace {

using Place = MetricsChoice::Place;

TEST(MetricsChoice, Texts) {
  struct Case {
    std::string text;
    std::optional<MetricsChoice> choice;
  };
  const auto at = [](std::string host, std::uint16_t port) {
    return MetricsChoice{.place = Place::kOwnPort, .host = std::move(host), .port = port};
  };
  const Case cases[] = {
      {"off", MetricsChoice{}},
      {"false", MetricsChoice{}},
      {"same", MetricsChoice{.place = Place::kFunctionsPort}},
      {"SAME", MetricsChoice{.place = Place::kFunctionsPort}},
      {"9464", at("127.0.0.1", 9464)},
      {"0", at("127.0.0.1", 0)},
      {"0.0.0.0:9464", at("0.0.0.0", 9464)},
      {"localhost:1", at("localhost", 1)},
      {"[::1]:9464", at("::1", 9464)},
      {"", std::nullopt},
      {"on", std::nullopt},
      {":9464", std::nullopt},
      {"[]:9464", std::nullopt},
      {"::1:9464", std::nullopt},
      {"65536", std::nullopt},
      {"localhost", std::nullopt},
      {"localhost:", std::nullopt},
      {"-1", std::nullopt},
  };
  for (const Case& each : cases)
    EXPECT_EQ(parse_metrics(each.text, "127.0.0.1"), each.choice) << each.text;
}

TEST(MetricsChoice, OpenTelemetrysVariables) {
  struct Case {
    EnvironmentMap env;
    MetricsChoice choice;
    std::size_t notes = 0;
  };
  const auto at = [](std::string host, std::uint16_t port) {
    return MetricsChoice{.place = Place::kOwnPort, .host = std::move(host), .port = port};
  };
  const Case cases[] = {
      {{}, {}},
      {{{"OTEL_METRICS_EXPORTER", "otlp"}}, {}},
      {{{"OTEL_METRICS_EXPORTER", "none"}, {"OTEL_EXPORTER_PROMETHEUS_PORT", "1"}}, {}},
      {{{"OTEL_METRICS_EXPORTER", "prometheus"}}, at("0.0.0.0", 9464)},
      {{{"OTEL_METRICS_EXPORTER", "otlp,prometheus"}}, at("0.0.0.0", 9464)},
      {{{"OTEL_METRICS_EXPORTER", "prometheus"},
        {"OTEL_EXPORTER_PROMETHEUS_HOST", "::1"},
        {"OTEL_EXPORTER_PROMETHEUS_PORT", "7"}},
       at("::1", 7)},
      {{{"OTEL_METRICS_EXPORTER", "prometheus"}, {"OTEL_EXPORTER_PROMETHEUS_PORT", "tcp://a"}},
       at("0.0.0.0", 9464),
       1},
      {{{"OTEL_METRICS_EXPORTER", "prometheus"}, {"OTEL_SDK_DISABLED", "true"}}, {}},
  };
  for (const Case& each : cases) {
    std::vector<Note> notes;
    EXPECT_EQ(metrics_of_variables(environment_of(each.env), "0.0.0.0", notes), each.choice);
    EXPECT_EQ(notes.size(), each.notes);
  }
}

}  // namespace
}  // namespace ofn
