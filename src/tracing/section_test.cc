#include "tracing/section.h"

#include <string>

#include <gtest/gtest.h>

#include "otlp/settings.h"

namespace ofn::tracing {
namespace {

// What is left out is empty.
struct Given {
  std::string name{};
  std::string endpoint{};
  std::string headers{};
  std::string compression{};
  std::string timeout{};
  std::string protocol{};
};

FunctionContext with(const Given& given, std::string provider = "opentelemetry") {
  FunctionContext context;
  context.name = "hello";
  Tracing& section = context.tracing.emplace();
  section.enabled = true;
  section.provider = std::move(provider);
  section.exporter = {given.name,        given.endpoint, given.headers,
                      given.compression, given.timeout,  given.protocol};
  section.tags = {{"team", "core"}, {"instance", "own"}};
  section.baggage = {{"key", "value"}};
  return context;
}

struct Read {
  otlp::TracesSettings traces;
  std::string notes;
};
Read read(const FunctionContext& context, EnvironmentMap variables = {}) {
  std::vector<Note> notes;
  const Environment env = with_section(environment_of(std::move(variables)), context, notes);
  Read result;
  result.traces = otlp::read_settings(env, notes).traces;
  for (const Note& note : notes) result.notes += note.text + "\n";
  return result;
}

TEST(Section, SaysWhereSpansGo) {
  struct Case {
    const char* name;
    Given exporter;
    otlp::Protocol protocol;
    std::string url;
  };
  using otlp::Protocol;
  const Case cases[] = {
      {"grpc by default",
       {.name = "otlp", .endpoint = "http://c:4317"},
       Protocol::kGrpc,
       "http://c:4317/"},
      {"without a scheme",
       {.name = "otlp", .endpoint = "c:4317"},
       Protocol::kGrpc,
       "http://c:4317/"},
      {"without a name", {.endpoint = "http://c:4317"}, Protocol::kGrpc, "http://c:4317/"},
      {"jaeger",
       {.name = "jaeger", .endpoint = "http://c:4317"},
       Protocol::kGrpc,
       "http://c:4317/"},
      {"http",
       {.name = "otlp", .endpoint = "http://c:4318", .protocol = "http"},
       Protocol::kHttpProtobuf,
       "http://c:4318/v1/traces"},
      {"http with a path",
       {.name = "otlp", .endpoint = "http://c:4318/in", .protocol = "http/protobuf"},
       Protocol::kHttpProtobuf,
       "http://c:4318/in"},
      {"no endpoint", {.name = "otlp"}, Protocol::kGrpc, "http://localhost:4317/"},
  };
  for (const Case& c : cases) {
    const Read result = read(with(c.exporter));
    EXPECT_EQ(result.traces.exporter, otlp::TracesExporter::kOtlp) << c.name;
    EXPECT_EQ(result.traces.target.protocol, c.protocol) << c.name;
    EXPECT_EQ(result.traces.target.url.text(), c.url) << c.name;
  }
}

TEST(Section, SaysTheRestOfTheExporter) {
  const Read result = read(with(
      {.name = "otlp", .headers = "X-Key=secret", .compression = "gzip", .timeout = "1500ms"}));
  ASSERT_EQ(result.traces.target.headers.size(), 1U);
  EXPECT_EQ(result.traces.target.headers[0].name, "x-key");
  EXPECT_EQ(result.traces.target.headers[0].value, "secret");
  EXPECT_EQ(result.traces.target.compression, otlp::Compression::kGzip);
  EXPECT_EQ(result.traces.target.timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(result.notes, "");
}

TEST(Section, YieldsToTheVariables) {
  const FunctionContext context =
      with({.name = "otlp", .endpoint = "http://c:4317", .headers = "a=1", .protocol = "grpc"});
  const Read general = read(context, {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://v:9"},
                                      {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"}});
  EXPECT_EQ(general.traces.target.url.text(), "http://v:9/v1/traces");
  EXPECT_EQ(general.traces.target.headers.size(), 1U);
  const Read own = read(context, {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://v:9"}});
  EXPECT_EQ(own.traces.target.url.text(), "http://v:9/");
  EXPECT_EQ(read(context, {{"OTEL_TRACES_EXPORTER", "none"}}).traces.exporter,
            otlp::TracesExporter::kNone);
  EXPECT_EQ(read(context, {{"OTEL_SDK_DISABLED", "true"}}).traces.exporter,
            otlp::TracesExporter::kNone);
}

TEST(Section, IsLeftAloneIfItIsNotOurs) {
  FunctionContext off = with({.name = "otlp"});
  off.tracing->enabled = false;
  for (const FunctionContext& context :
       {off, with({.name = "otlp"}, "skywalking"), with({.name = "otlp"}, ""), FunctionContext()}) {
    EXPECT_EQ(read(context).traces.exporter, otlp::TracesExporter::kNone);
    EXPECT_TRUE(section_tags(environment_of({{"POD_NAME", "p"}}), context).empty());
    EXPECT_TRUE(section_baggage(context).empty());
  }
}

TEST(Section, WarnsOfWhatIsNotUnderstood) {
  struct Case {
    Given exporter;
    std::string note;
  };
  const std::string member = "the context's tracing.provider.exporter.";
  const Case cases[] = {
      {{.name = "zipkin"}, member + "name: \"zipkin\" is ignored"},
      {{.name = "jaeger"}, member + "name is \"jaeger\": spans are sent by OTLP"},
      {{.name = "otlp", .protocol = "tcp"}, member + "protocol: \"tcp\" is ignored"},
      {{.name = "otlp", .timeout = "soon"}, member + "timeout is ignored: expected a duration"},
      {{.name = "otlp", .headers = "secret"}, member + "headers is ignored"},
  };
  for (const Case& c : cases) {
    const std::string notes = read(with(c.exporter)).notes;
    EXPECT_NE(notes.find(c.note), std::string::npos) << notes;
    EXPECT_EQ(notes.find("secret"), std::string::npos);
  }
}

TEST(Section, HasTagsAndBaggage) {
  const Environment env = environment_of({{"POD_NAME", "pod-1"}, {"POD_NAMESPACE", "shop"}});
  const Metadata expected = {
      {"func", "hello"}, {"instance", "own"}, {"namespace", "shop"}, {"team", "core"}};
  EXPECT_EQ(section_tags(env, with({})), expected);
  EXPECT_EQ(section_baggage(with({})), (Metadata{{"key", "value"}}));
}

}  // namespace
}  // namespace ofn::tracing
