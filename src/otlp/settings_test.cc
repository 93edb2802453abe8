#include "otlp/settings.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::otlp {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Read {
  Settings settings;
  std::vector<std::string> warnings;
};

Read read(EnvironmentMap variables) {
  std::vector<Note> notes;
  Read result{.settings = read_settings(environment_of(std::move(variables)), notes),
              .warnings = {}};
  for (const Note& note : notes) {
    EXPECT_EQ(note.level, Level::kWarning);
    result.warnings.push_back(note.text);
  }
  return result;
}

// Everything that a table checks of the two signals' targets.
std::string shown(const Target& target) {
  static constexpr std::array kProtocols = {"grpc", "http/protobuf", "http/json"};
  std::string text = kProtocols[static_cast<std::size_t>(target.protocol)];
  text += " " + target.url.text();
  if (target.compression == Compression::kGzip) text += " gzip";
  if (target.timeout != 10s) text += " " + std::to_string(target.timeout / 1ms) + "ms";
  for (const Header& header : target.headers) text += " " + header.name + ":" + header.value;
  for (const std::string& file : {target.certificate, target.client_key, target.client_certificate})
    if (!file.empty()) text += " " + file;
  return text;
}
std::string traces_of(const Settings& settings) {
  switch (settings.traces.exporter) {
    case TracesExporter::kNone:
      return "none";
    case TracesExporter::kConsole:
      return "console";
    case TracesExporter::kOtlp:
      break;
  }
  return shown(settings.traces.target);
}
std::string metrics_of(const Settings& settings) {
  const std::string pulled = settings.metrics.prometheus ? "prometheus " : "";
  switch (settings.metrics.exporter) {
    case MetricsExporter::kNone:
      return pulled + "none";
    case MetricsExporter::kConsole:
      return pulled + "console";
    case MetricsExporter::kOtlp:
      break;
  }
  return pulled + shown(settings.metrics.target);
}

struct Case {
  EnvironmentMap variables;
  std::string_view traces;
  std::string_view metrics;
  std::vector<std::string> warnings = {};
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    std::string name;
    for (const auto& [variable, value] : c.variables) name += variable + "=" + value + " ";
    SCOPED_TRACE(name);
    const Read result = read(c.variables);
    EXPECT_EQ(traces_of(result.settings), c.traces);
    EXPECT_EQ(metrics_of(result.settings), c.metrics);
    EXPECT_EQ(result.warnings, c.warnings);
  }
}

TEST(OtlpSettings, WhoIsToldAndWhere) {
  const std::string kTraces = "http/protobuf http://localhost:4318/v1/traces";
  const std::string kMetrics = "http/protobuf http://localhost:4318/v1/metrics";
  check({
      {{}, "none", "none"},
      {{{"OTEL_TRACES_EXPORTER", "otlp"}}, kTraces, "none"},
      {{{"OTEL_TRACES_EXPORTER", "OTLP"}}, kTraces, "none"},
      {{{"OTEL_METRICS_EXPORTER", "otlp"}}, "none", kMetrics},
      {{{"OTEL_TRACES_EXPORTER", ""}}, "none", "none"},
      {{{"OTEL_TRACES_EXPORTER", "console"}}, "console", "none"},
      {{{"OTEL_TRACES_EXPORTER", "otlp/stdout"}}, "console", "none"},
      {{{"OTEL_TRACES_EXPORTER", "zipkin"}},
       "none",
       "none",
       {"OTEL_TRACES_EXPORTER: \"zipkin\" is ignored; this program knows otlp, console, none, "
        "otlp/stdout"}},
      {{{"OTEL_METRICS_EXPORTER", "prometheus"}}, "none", "prometheus none"},
      {{{"OTEL_METRICS_EXPORTER", "otlp, prometheus"}}, "none", "prometheus " + kMetrics},
      {{{"OTEL_METRICS_EXPORTER", "none"}}, "none", "none"},
      {{{"OTEL_METRICS_EXPORTER", "console"}}, "none", "console"},
      {{{"OTEL_METRICS_EXPORTER", "otlp,console"}},
       "none",
       kMetrics,
       {"OTEL_METRICS_EXPORTER is ignored: expected one exporter that pushes, and prometheus, "
        "found "
        "\"otlp,console\""}},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"}},
       "http/protobuf http://c:1/v1/traces",
       "http/protobuf http://c:1/v1/metrics"},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"}, {"OTEL_TRACES_EXPORTER", "none"}},
       "none",
       "http/protobuf http://c:1/v1/metrics"},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"}, {"OTEL_TRACES_EXPORTER", "zipkin"}},
       "http/protobuf http://c:1/v1/traces",
       "http/protobuf http://c:1/v1/metrics",
       {"OTEL_TRACES_EXPORTER: \"zipkin\" is ignored; this program knows otlp, console, none, "
        "otlp/stdout"}},
      {{{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:1"}}, "http/protobuf http://c:1/", "none"},
  });
}

TEST(OtlpSettings, OnlyTrueDisables) {
  const std::string kOn = "http/protobuf http://c:1/v1/traces";
  const std::string kMetrics = "http/protobuf http://c:1/v1/metrics";
  struct Value {
    std::string text;
    bool disables;
    bool warns;
  };
  for (const Value& value :
       {Value{"true", true, false}, Value{"TRUE", true, false}, Value{"false", false, false},
        Value{"", false, false}, Value{"1", false, true}, Value{"yes", false, true},
        Value{" true", false, true}}) {
    const Read result =
        read({{"OTEL_SDK_DISABLED", value.text}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"}});
    EXPECT_EQ(result.settings.disabled, value.disables) << value.text;
    EXPECT_EQ(traces_of(result.settings), value.disables ? "none" : kOn);
    EXPECT_EQ(metrics_of(result.settings), value.disables ? "none" : kMetrics);
    EXPECT_EQ(!result.warnings.empty(), value.warns) << value.text;
  }
}

TEST(OtlpSettings, Endpoints) {
  check({
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/base/"}},
       "http/protobuf https://c:443/base/v1/traces",
       "http/protobuf https://c:443/base/v1/metrics"},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/base?key=1"}},
       "http/protobuf https://c:443/base/v1/traces?key=1",
       "http/protobuf https://c:443/base/v1/metrics?key=1"},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"},
        {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://d:2/own"}},
       "http/protobuf http://c:1/v1/traces",
       "http/protobuf http://d:2/own"},
      {{{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
        {"OTEL_TRACES_EXPORTER", "otlp"},
        {"OTEL_METRICS_EXPORTER", "otlp"}},
       "grpc http://localhost:4317/",
       "grpc http://localhost:4317/"},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}},
       "grpc http://c:1/",
       "grpc http://c:1/"},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"},
        {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"}},
       "http/json http://c:1/v1/traces",
       "http/protobuf http://c:1/v1/metrics"},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "thrift"}},
       "http/protobuf http://c:1/v1/traces",
       "http/protobuf http://c:1/v1/metrics",
       {"OTEL_EXPORTER_OTLP_PROTOCOL: \"thrift\" is ignored; this program knows grpc, "
        "http/protobuf, http/json"}},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "c:4317"}},
       "none",
       "none",
       {"OTEL_EXPORTER_OTLP_ENDPOINT: expected http://host:port or https://host:port, found "
        "\"c:4317\"; nothing is sent there"}},
      {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://u:secret@c"}},
       "none",
       "http/protobuf http://c:1/v1/metrics",
       {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: expected an address without a user; a header carries "
        "secrets; nothing is sent there"}},
  });
}

TEST(OtlpSettings, HowItIsSent) {
  const std::string kUrl = "http/protobuf http://c:1/v1/";
  const auto with = [](EnvironmentMap variables) {
    variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c:1";
    return variables;
  };
  check({
      {with({{"OTEL_EXPORTER_OTLP_HEADERS", "Api-Key=a%20b,x-b=2"},
             {"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "m=1"}}),
       kUrl + "traces api-key:a b x-b:2", kUrl + "metrics m:1"},
      {with({{"OTEL_EXPORTER_OTLP_HEADERS", "a=1,secret"}}),
       kUrl + "traces",
       kUrl + "metrics",
       {"OTEL_EXPORTER_OTLP_HEADERS is ignored: expected name=value, found item 2"}},
      {with({{"OTEL_EXPORTER_OTLP_HEADERS", "a=1,host=b,c d=e,f=%0Ag"}}),
       kUrl + "traces a:1",
       kUrl + "metrics a:1",
       {"OTEL_EXPORTER_OTLP_HEADERS: the header \"host\" is ignored; it has no valid name, or the "
        "program sets it itself",
        "OTEL_EXPORTER_OTLP_HEADERS: the header \"c d\" is ignored; it has no valid name, or the "
        "program sets it itself",
        "OTEL_EXPORTER_OTLP_HEADERS: the header \"f\" is ignored; expected a value of printable "
        "ASCII characters"}},
      {with({{"OTEL_EXPORTER_OTLP_TIMEOUT", "500"}, {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1"}}),
       kUrl + "traces 1ms", kUrl + "metrics 500ms"},
      {with({{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s"}}),
       kUrl + "traces",
       kUrl + "metrics",
       {"OTEL_EXPORTER_OTLP_TIMEOUT is ignored: expected a number of milliseconds, found "
        "\"10s\""}},
      {with({{"OTEL_EXPORTER_OTLP_TIMEOUT", "0"}}),
       kUrl + "traces",
       kUrl + "metrics",
       {"OTEL_EXPORTER_OTLP_TIMEOUT is ignored: expected a number of milliseconds, found \"0\""}},
      {with({{"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"},
             {"OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "none"}}),
       kUrl + "traces gzip", kUrl + "metrics"},
      {with({{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"}}),
       kUrl + "traces",
       kUrl + "metrics",
       {"OTEL_EXPORTER_OTLP_COMPRESSION: \"zstd\" is ignored; this program knows none, gzip"}},
      {with({{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca"},
             {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/key"},
             {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/cert"}}),
       kUrl + "traces /ca /key /cert", kUrl + "metrics /ca /cert"},
  });
}

TEST(OtlpSettings, Samplers) {
  using enum SamplerKind;
  struct Sampled {
    std::string sampler;
    std::string argument;
    Sampler expected;
    std::size_t warnings = 0;
  };
  for (const Sampled& c : {
           Sampled{"", "", {kAlwaysOn, 1, true}},
           Sampled{"always_on", "", {kAlwaysOn, 1, false}},
           Sampled{"always_off", "", {kAlwaysOff, 1, false}},
           Sampled{"traceidratio", "0.25", {kTraceIdRatio, 0.25, false}},
           Sampled{"traceidratio", "", {kTraceIdRatio, 1, false}},
           Sampled{"traceidratio", "1.5", {kTraceIdRatio, 1, false}, 1},
           Sampled{"traceidratio", "-0.5", {kTraceIdRatio, 1, false}, 1},
           Sampled{"traceidratio", "nan", {kTraceIdRatio, 1, false}, 1},
           Sampled{"traceidratio", "half", {kTraceIdRatio, 1, false}, 1},
           Sampled{"parentbased_always_on", "", {kAlwaysOn, 1, true}},
           Sampled{"parentbased_always_off", "", {kAlwaysOff, 1, true}},
           Sampled{"PARENTBASED_TRACEIDRATIO", "0", {kTraceIdRatio, 0, true}},
           Sampled{"jaeger_remote", "0.1", {kAlwaysOn, 1, true}, 1},
       }) {
    const Read result =
        read({{"OTEL_TRACES_SAMPLER", c.sampler}, {"OTEL_TRACES_SAMPLER_ARG", c.argument}});
    EXPECT_EQ(result.settings.traces.sampler, c.expected) << c.sampler << " " << c.argument;
    EXPECT_EQ(result.warnings.size(), c.warnings) << c.sampler << " " << c.argument;
  }
}

TEST(OtlpSettings, Propagators) {
  using enum Propagator;
  struct Propagated {
    std::string text;
    std::vector<Propagator> expected;
    std::size_t warnings = 0;
  };
  const std::vector<Propagator> by_default = {kTraceContext, kBaggage};
  for (const Propagated& c : {
           Propagated{"", by_default},
           Propagated{"tracecontext", {kTraceContext}},
           Propagated{"b3, b3multi,b3", {kB3, kB3Multi}},
           Propagated{"none", {}},
           Propagated{"none,b3", by_default, 1},
           Propagated{"jaeger", by_default, 1},
           Propagated{"jaeger,b3", {kB3}, 1},
       }) {
    const Read result = read({{"OTEL_PROPAGATORS", c.text}});
    EXPECT_EQ(result.settings.traces.propagators, c.expected) << c.text;
    EXPECT_EQ(result.warnings.size(), c.warnings) << c.text;
  }
}

TEST(OtlpSettings, Numbers) {
  const Read plain = read({});
  const TracesSettings& traces = plain.settings.traces;
  EXPECT_EQ(traces.batches.schedule_delay, 5s);
  EXPECT_EQ(traces.batches.max_queue_size, 2048U);
  EXPECT_EQ(traces.batches.max_export_batch_size, 512U);
  EXPECT_EQ(traces.batches.export_timeout, 30s);
  EXPECT_EQ(traces.limits.attributes, 128U);
  EXPECT_EQ(traces.limits.attribute_value_length, std::nullopt);
  EXPECT_EQ(plain.settings.metrics.export_interval, 60s);
  EXPECT_EQ(plain.settings.metrics.export_timeout, 30s);
  EXPECT_THAT(plain.warnings, IsEmpty());

  const Read given = read({{"OTEL_BSP_SCHEDULE_DELAY", "100"},
                           {"OTEL_BSP_MAX_QUEUE_SIZE", "10"},
                           {"OTEL_BSP_EXPORT_TIMEOUT", "200"},
                           {"OTEL_ATTRIBUTE_COUNT_LIMIT", "5"},
                           {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "6"},
                           {"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "7"},
                           {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "8"},
                           {"OTEL_SPAN_EVENT_COUNT_LIMIT", "9"},
                           {"OTEL_SPAN_LINK_COUNT_LIMIT", "0"},
                           {"OTEL_METRIC_EXPORT_INTERVAL", "300"},
                           {"OTEL_METRIC_EXPORT_TIMEOUT", "400"}});
  const SpanBatches& batches = given.settings.traces.batches;
  EXPECT_EQ(batches.schedule_delay, 100ms);
  EXPECT_EQ(batches.max_queue_size, 10U);
  EXPECT_EQ(batches.max_export_batch_size, 10U) << "never more than the queue";
  EXPECT_EQ(batches.export_timeout, 200ms);
  const SpanLimits& limits = given.settings.traces.limits;
  EXPECT_EQ(limits.attributes, 6U);
  EXPECT_EQ(limits.event_attributes, 5U);
  EXPECT_EQ(limits.link_attributes, 7U);
  EXPECT_EQ(limits.attribute_value_length, 8U);
  EXPECT_EQ(limits.events, 9U);
  EXPECT_EQ(limits.links, 0U);
  EXPECT_EQ(given.settings.metrics.export_interval, 300ms);
  EXPECT_EQ(given.settings.metrics.export_timeout, 400ms);
  EXPECT_THAT(given.warnings, IsEmpty());

  const Read wrong = read({{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"},
                           {"OTEL_BSP_MAX_QUEUE_SIZE", "0"},
                           {"OTEL_SPAN_LINK_COUNT_LIMIT", "-1"},
                           {"OTEL_METRIC_EXPORT_INTERVAL", "1m"}});
  EXPECT_EQ(wrong.settings.traces.batches.max_queue_size, 2048U);
  EXPECT_EQ(wrong.settings.traces.batches.max_export_batch_size, 2048U);
  EXPECT_THAT(
      wrong.warnings,
      ElementsAre(
          "OTEL_BSP_MAX_QUEUE_SIZE is ignored: expected a number from 1 to 1000000, found "
          "\"0\"",
          "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is ignored: expected at most "
          "OTEL_BSP_MAX_QUEUE_SIZE, found \"4096\"",
          "OTEL_SPAN_LINK_COUNT_LIMIT is ignored: expected a number from 0 to 1000000, "
          "found \"-1\"",
          "OTEL_METRIC_EXPORT_INTERVAL is ignored: expected a number of milliseconds, found "
          "\"1m\""));
}

}  // namespace
}  // namespace ofn::otlp
