// One document at a time: both schemas, good and bad. merge_test.cc tests two documents together.
#include "context/parse_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::expected<FunctionContext, std::vector<Problem>> parse(std::string_view first,
                                                           std::string_view second = {},
                                                           std::vector<Note>* notes = nullptr) {
  std::vector<Note> ignored;
  return parse_context(first, second, notes != nullptr ? *notes : ignored);
}

FunctionContext parsed(std::string_view first, std::string_view second = {}) {
  auto context = parse(first, second);
  if (!context) {
    for (const Problem& problem : context.error()) ADD_FAILURE() << problem.text();
    return {};
  }
  return *context;
}

TEST(ParseContext, NoneIsAPlainFunction) {
  std::vector<Note> notes;
  EXPECT_EQ(*parse_context(std::nullopt, std::nullopt, notes), FunctionContext());
  EXPECT_EQ(parsed("", ""), FunctionContext());
  EXPECT_EQ(parsed("").runtime, Runtime::kNone);
  EXPECT_THAT(notes, IsEmpty());
}

TEST(ParseContext, AllOfTheFirstSchema) {
  const FunctionContext context = parsed(R"({
    "name": "f", "version": "v1", "runtime": "Async", "port": "9090", "httpPattern": "/users/{id}",
    "inputs": {
      "cron": {"uri": "cron_input", "componentName": "binding-cron", "componentType": "bindings.cron"},
      "news": {"uri": "topic-in", "componentName": "bus", "componentType": "pubsub.redis", "metadata": {"a": "b"}}},
    "outputs": {
      "file": {"uri": "local", "operation": "get", "componentName": "gen-1", "componentType": "bindings.localstorage",
               "metadata": {"fileName": "x.txt"}},
      "out": {"uri": "topic-out", "componentName": "bus", "componentType": "pubsub.redis"}},
    "states": {"db": {"componentName": "redis", "componentType": "state.redis"}},
    "state": {"old": true},
    "prePlugins": ["a", "b", "skywalking"], "postPlugins": ["skywalking", "b", "a"],
    "pluginsTracing": {"enabled": true, "provider": {"name": "skywalking", "oapServer": "oap:11800"},
                       "tags": {"layer": "faas"}, "baggage": {"k": "v"}}})");
  EXPECT_EQ(context.name, "f");
  EXPECT_EQ(context.version, "v1");
  EXPECT_EQ(context.runtime, Runtime::kAsync);
  EXPECT_EQ(context.port, 9090);
  EXPECT_EQ(context.http_pattern, "/users/{id}");
  EXPECT_FALSE(context.http);
  EXPECT_THAT(
      context.triggers,
      ElementsAre(
          Trigger{"cron", "", "binding-cron", ComponentKind::kBinding, "bindings.cron", "", {}},
          Trigger{"news",
                  "",
                  "bus",
                  ComponentKind::kPubsub,
                  "pubsub.redis",
                  "topic-in",
                  {{"a", "b"}}}));
  EXPECT_THAT(context.outputs, ElementsAre(Output{"file",
                                                  "",
                                                  "gen-1",
                                                  ComponentKind::kBinding,
                                                  "bindings.localstorage",
                                                  "",
                                                  "get",
                                                  {{"fileName", "x.txt"}}},
                                           Output{"out",
                                                  "",
                                                  "bus",
                                                  ComponentKind::kPubsub,
                                                  "pubsub.redis",
                                                  "topic-out",
                                                  "create",
                                                  {}}));
  EXPECT_THAT(context.inputs, IsEmpty());
  EXPECT_THAT(context.states, ElementsAre(State{"db", "redis", "state.redis"}));
  EXPECT_THAT(context.pre_hooks, ElementsAre("a", "b"));
  EXPECT_THAT(context.post_hooks, ElementsAre("b", "a"));
  EXPECT_EQ(context.tracing,
            (Tracing{true, "skywalking", "oap:11800", {}, {{"layer", "faas"}}, {{"k", "v"}}}));
  EXPECT_TRUE(context.needs_sidecar());
}

constexpr std::string_view kSecondSchema = R"({
    "name": "f", "version": "v2",
    "triggers": {
      "http": {"port": 9091, "engine": "keda", "route": {"rules": [{"matches": null}]}},
      "dapr": [{"name": "gen-cron", "type": "bindings.cron"},
               {"name": "bus", "type": "pubsub.redis", "topic": "t1", "inputName": "news"},
               {"name": "untyped", "topic": "t2"}, {"name": "untyped2", "type": ""}],
      "inputs": [{"dapr": {"name": "db"}}]},
    "inputs": {"db": {"componentName": "gen-db", "componentType": "bindings.postgresql", "operation": "query"}},
    "outputs": {"file": {"componentName": "gen-1", "componentType": "bindings.localstorage", "operation": ""},
                "out": {"componentName": "bus", "componentType": "pubsub.redis", "topic": "t3"}},
    "states": {"s": {"componentName": "gen-s", "componentType": "state.redis"}},
    "preHooks": ["a"], "postHooks": ["b"],
    "tracing": {"enabled": "true", "provider": {"name": "opentelemetry", "exporter": {"name": "otlp",
      "endpoint": "http://c:4317", "headers": "k=v", "compression": "gzip", "timeout": "10s", "protocol": "grpc"}}}})";

TEST(ParseContext, AllOfTheSecondSchema) {
  const FunctionContext context = parsed("", kSecondSchema);
  EXPECT_EQ(context.version, "v2");
  EXPECT_EQ(context.runtime, Runtime::kAsync) << "http and dapr triggers together are Async";
  EXPECT_EQ(context.port, 9091);
  EXPECT_EQ(context.http, (HttpTrigger{R"({"rules":[{"matches":null}]})", "keda"}));
  EXPECT_THAT(
      context.triggers,
      ElementsAre(
          Trigger{"gen-cron", "", "gen-cron", ComponentKind::kBinding, "bindings.cron", "", {}},
          Trigger{"news", "", "bus", ComponentKind::kPubsub, "pubsub.redis", "t1", {}},
          Trigger{"untyped", "", "untyped", ComponentKind::kPubsub, "", "t2", {}},
          Trigger{"untyped2", "", "untyped2", ComponentKind::kBinding, "", "", {}}));
  EXPECT_THAT(context.inputs,
              ElementsAre(Input{"db", "gen-db", "bindings.postgresql", "", "query", {}}));
  EXPECT_THAT(
      context.outputs,
      ElementsAre(
          Output{"file",
                 "",
                 "gen-1",
                 ComponentKind::kBinding,
                 "bindings.localstorage",
                 "",
                 "create",
                 {}},
          Output{"out", "", "bus", ComponentKind::kPubsub, "pubsub.redis", "t3", "create", {}}));
  EXPECT_THAT(context.states, ElementsAre(State{"s", "gen-s", "state.redis"}));
  EXPECT_THAT(context.pre_hooks, ElementsAre("a"));
  EXPECT_THAT(context.post_hooks, ElementsAre("b"));
  EXPECT_EQ(context.tracing, (Tracing{true,
                                      "opentelemetry",
                                      "",
                                      {"otlp", "http://c:4317", "k=v", "gzip", "10s", "grpc"},
                                      {},
                                      {}}));
}

TEST(ParseContext, EitherVariableMayCarryEitherSchema) {
  EXPECT_EQ(parsed(kSecondSchema), parsed("", kSecondSchema));
  constexpr std::string_view kFirst =
      R"({"runtime":"Async","inputs":{"i":{"componentName":"c","componentType":"bindings.x"}}})";
  EXPECT_EQ(parsed("", kFirst), parsed(kFirst));
  EXPECT_EQ(parsed("", kFirst).triggers.size(), 1U);
}

TEST(ParseContext, TheFormOfThePythonSibling) {
  const FunctionContext context = parsed(R"({
    "name": "function_name", "version": "v1", "triggers": {"http": {"port": 8081}}, "port": 0,
    "pre_hooks": ["a"], "post_hooks": ["b"],
    "inputs": {"x": {"componentName": "x", "componentType": "bindings.redis"}},
    "outputs": {"o": {"componentName": "c", "componentType": "pubsub.mqtt", "topic": "t"}}})");
  EXPECT_EQ(context.runtime, Runtime::kKnative);
  EXPECT_EQ(context.port, 8081);
  EXPECT_TRUE(context.http);
  EXPECT_THAT(context.pre_hooks, ElementsAre("a"));
  EXPECT_THAT(context.post_hooks, ElementsAre("b"));
  EXPECT_THAT(context.triggers, IsEmpty());
  EXPECT_EQ(context.inputs.size(), 1U);
  EXPECT_EQ(context.outputs.at(0).topic, "t");
  EXPECT_EQ(parsed(R"({"triggers":{"http":{}},"port":50051})").port, 50051);
}

TEST(ParseContext, WhatThePlatformVaries) {
  struct Case {
    std::string_view text;
    std::string_view expected;  // a document with the same meaning
  };
  for (
      const Case& c : std::initializer_list<Case>{
          {R"({"runtime":"KNATIVE"})", R"({"runtime":"Knative"})"},
          {R"({"runtime":"async","inputs":{"i":{"componentName":"c","componentType":"bindings.x"}}})",
           R"({"runtime":"Async","inputs":{"i":{"componentName":"c","componentType":"bindings.x"}}})"},
          {R"({})", R"({"runtime":"Knative"})"},
          {R"({"runtime":""})", R"({"runtime":"Knative"})"},
          {R"({"port":8081})", R"({"port":"8081"})"},
          {R"({"port":8081.0})", R"({"port":"8081"})"},
          {R"({"port":""})", R"({"port":null})"},
          {R"({"port":"0"})", R"({})"},
          {R"({"version":2})", R"({"version":"2"})"},
          {R"({"name":null,"inputs":null,"outputs":null,"states":null,"prePlugins":null,"pluginsTracing":null,
                "triggers":null,"tracing":null,"httpPattern":null})",
           R"({})"},
          {R"({"outputs":{"o":{"componentName":"c","componentType":"bindings.x","metadata":{"n":1.10,"t":true,"z":null}}}})",
           R"({"outputs":{"o":{"componentName":"c","componentType":"bindings.x","metadata":{"n":"1.10","t":"true"}}}})"},
          {R"({"outputs":{"o":{"componentName":"c","componentType":"bindings.x","operation":null,"uri":null}}})",
           R"({"outputs":{"o":{"componentName":"c","componentType":"bindings.x","operation":"create","uri":"c"}}})"},
          {R"({"outputs":{"gone":null,"o":{"componentName":"c","componentType":"bindings"}}})",
           R"({"outputs":{"o":{"componentName":"c","componentType":"bindings"}}})"},
          {R"({"prePlugins":["a",null,"","a","b"]})", R"({"prePlugins":["a","b"]})"},
          {R"({"pluginsTracing":{"enabled":"false","provider":null,"baggage":null}})",
           R"({"pluginsTracing":{"enabled":false}})"},
          {R"({"unknown":{"deep":[1]},"outputs":{"o":{"componentName":"c","componentType":"bindings.x","new":1}}})",
           R"({"outputs":{"o":{"componentName":"c","componentType":"bindings.x"}}})"},
          {R"({"name":"a","name":"b"})", R"({"name":"b"})"},
      }) {
    EXPECT_EQ(parsed(c.text), parsed(c.expected)) << c.text;
  }
}

TEST(ParseContext, BadDocuments) {
  struct Case {
    std::string_view text;  // of FUNC_CONTEXT
    std::vector<std::string> problems;
  };
  for (
      const Case& c : std::initializer_list<Case>{
          {"nonsense",
           {"$: expected a JSON object, found syntax error while parsing value - invalid literal "
            "at line 1, column 2"}},
          {"[]", {"$: expected a JSON object, found an array"}},
          {"null", {"$: expected a JSON object, found null"}},
          {"\"secret\"", {"$: expected a JSON object, found a string"}},
          {R"({"runtime":"Lambda"})",
           {R"($.runtime: expected "Knative" or "Async", found "Lambda")"}},
          {R"({"runtime":1})", {R"($.runtime: expected "Knative" or "Async", found the number 1)"}},
          {R"({"port":"http"})", {R"($.port: expected a port from 1 to 65535, found "http")"}},
          {R"({"port":65536})",
           {"$.port: expected a port from 1 to 65535, found the number 65536"}},
          {R"({"port":-1})", {"$.port: expected a port from 1 to 65535, found the number -1"}},
          {R"({"port":80.5})", {"$.port: expected a port from 1 to 65535, found the number 80.5"}},
          {R"({"port":true})", {"$.port: expected a port from 1 to 65535, found true"}},
          {R"({"port":[8080]})", {"$.port: expected a port from 1 to 65535, found an array"}},
          {R"({"httpPattern":"users","port":"http"})",
           {R"($.port: expected a port from 1 to 65535, found "http")",
            R"($.httpPattern: expected a route, such as "/" or "/users/{id}", found "users")"}},
          {R"({"name":{}})", {"$.name: expected a string, found an object"}},
          {R"({"outputs":[]})", {"$.outputs: expected an object, found an array"}},
          {R"({"outputs":{"archive":5}})",
           {"$.outputs.archive: expected an object, found a number"}},
          {R"({"outputs":{"archive":{"componentName":"c","componentType":"kafka"}}})",
           {R"($.outputs.archive.componentType: expected a type that starts with "bindings." or "pubsub.", found "kafka")"}},
          {R"({"outputs":{"a b":{"componentName":"c","componentType":"state.redis"}}})",
           {R"($.outputs["a b"].componentType: expected a type that starts with "bindings." or "pubsub.", found "state.redis")"}},
          {R"({"outputs":{"archive":{"componentName":"c"}}})",
           {R"($.outputs.archive.componentType: expected a type that starts with "bindings." or "pubsub.", found nothing)"}},
          {R"({"outputs":{"archive":{"componentType":"bindings.x"}}})",
           {"$.outputs.archive.componentName: expected the name of a Dapr component, found "
            "nothing"}},
          {R"({"outputs":{"archive":{"componentName":null,"componentType":[]}}})",
           {"$.outputs.archive.componentType: expected a string, found an array"}},
          {R"({"outputs":{"":{"componentName":"c","componentType":"bindings.x"}}})",
           {R"($.outputs[""]: expected a name, found "")"}},
          {R"({"outputs":{"archive":{"componentName":"c","componentType":"pubsub.x"}}})",
           {R"($.outputs.archive.uri: expected a topic, because "pubsub.x" is a pubsub (outputs of FUNC_CONTEXT_V1BETA2 lack it; the uri in FUNC_CONTEXT has it), found nothing)"}},
          {R"({"outputs":{"a":{"componentName":"c","componentType":"bindings.x","metadata":{"key":{"secret":1}}}}})",
           {"$.outputs.a.metadata.key: expected a string, found an object"}},
          {R"({"outputs":{"a":{"componentName":"c","componentType":"bindings.x","metadata":"secret"}}})",
           {"$.outputs.a.metadata: expected an object, found a string"}},
          {R"({"prePlugins":"a"})", {"$.prePlugins: expected an array, found a string"}},
          {R"({"prePlugins":["a",["b"]]})", {"$.prePlugins[1]: expected a string, found an array"}},
          {R"({"pluginsTracing":true})",
           {"$.pluginsTracing: expected an object, found true or false"}},
          {R"({"tracing":{"enabled":"maybe"}})",
           {R"($.tracing.enabled: expected true or false, found "maybe")"}},
          {R"({"tracing":{"provider":{"exporter":{"headers":["secret"]}}}})",
           {"$.tracing.provider.exporter.headers: expected a string, found an array"}},
          {R"({"triggers":{"dapr":{"name":"c"}}})",
           {"$.triggers.dapr: expected an array, found an object"}},
          {R"({"triggers":{"dapr":[{"type":"bindings.x"},{"name":"c","type":"pubsub.x"},{"name":"d","type":"x"}]}})",
           {"$.triggers.dapr[0].name: expected the name of a Dapr component, found nothing",
            R"($.triggers.dapr[2].type: expected a type that starts with "bindings." or "pubsub.", found "x")",
            R"($.triggers.dapr[1].topic: expected a topic, because "pubsub.x" is a pubsub (outputs of FUNC_CONTEXT_V1BETA2 lack it; the uri in FUNC_CONTEXT has it), found nothing)"}},
          {R"({"triggers":{"http":{"port":"x"}}})",
           {R"($.triggers.http.port: expected a port from 1 to 65535, found "x")"}},
          {R"({"runtime":"Async"})",
           {"$.inputs: expected at least one input, because the runtime is Async, found none"}},
          {R"({"runtime":"Async","inputs":{"i":{"uri":"t","componentName":"c"}}})",
           {R"($.inputs.i.componentType: expected a type that starts with "bindings." or "pubsub.", found nothing)"}},
          // All problems at once.
          {R"({"runtime":"x","port":"y","outputs":{"a":{"componentType":"z"},"b":7},"inputs":[]})",
           {R"($.runtime: expected "Knative" or "Async", found "x")",
            R"($.port: expected a port from 1 to 65535, found "y")",
            "$.inputs: expected an object, found an array",
            "$.outputs.a.componentName: expected the name of a Dapr component, found nothing",
            R"($.outputs.a.componentType: expected a type that starts with "bindings." or "pubsub.", found "z")",
            "$.outputs.b: expected an object, found a number"}},
      }) {
    const auto context = parse(c.text);
    ASSERT_FALSE(context) << c.text;
    std::vector<std::string> texts;
    for (const Problem& problem : context.error()) {
      EXPECT_TRUE(problem.text().starts_with("FUNC_CONTEXT $")) << problem.text();
      texts.push_back(problem.text().substr(sizeof("FUNC_CONTEXT ") - 1));
    }
    EXPECT_EQ(texts, c.problems) << c.text;
  }
}

// Texts that people put into the variable instead of the document.
TEST(ParseContext, SaysWhatATextIsThatIsNoDocument) {
  struct Case {
    std::string text;
    std::string found;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"context.json",
            "the name of a file, \"context.json\"; the variable holds the document"},
           {"@context.json", "the name of a file"},
           {"@context", "the name of a file"},
           {"/etc/ofn/context", "the name of a file"},
           {"./context", "the name of a file"},
           {"../context.yaml\n", "the name of a file, \"../context.yaml\""},
           {"~/context.json", "the name of a file"},
           {"file:///etc/context.json", "the name of a file"},
           {"eyJuYW1lIjoiZiJ9", "a text in Base64"},
           {R"("{\"name\":\"f\"}")", "encoded twice"},
           {R"('{"name":"f"}')", "within quotes"},
           {"name: f\nruntime: Knative\n", "YAML"},
           {"---\nname: f\n", "YAML"},
           {"  \n", "nothing but blanks"},
           {R"("f")", "a string"},
           {"true", "true or false"},
           {R"({"name":"/etc/x.json")", "line 1, column "},
           {R"([1, "a.json"])", "an array"},
           {"garbage", "line 1, column 1"},
           {"/" + std::string(5000, 'x'), "line 1, column 1"},
       }) {
    const auto context = parse(c.text);
    ASSERT_FALSE(context) << c.text;
    ASSERT_EQ(context.error().size(), 1U);
    EXPECT_THAT(context.error()[0].text(),
                HasSubstr("FUNC_CONTEXT $: expected a JSON object, found "));
    EXPECT_THAT(context.error()[0].found, HasSubstr(c.found)) << c.text;
  }
}

TEST(ParseContext, ProblemsOfBothVariablesTogether) {
  const auto context = parse(R"({"port":"x"})", "{");
  ASSERT_FALSE(context);
  ASSERT_EQ(context.error().size(), 2U);
  EXPECT_EQ(context.error()[0].source, "FUNC_CONTEXT");
  EXPECT_EQ(context.error()[1].source, "FUNC_CONTEXT_V1BETA2");
  EXPECT_THAT(context.error()[1].found, HasSubstr("line 1, column 2"));
}

TEST(ParseContext, AnUnreadableDocumentMakesNothingMissingInTheOther) {
  const auto context =
      parse("{", R"({"outputs":{"bus":{"componentName":"bus","componentType":"pubsub.redis"}}})");
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().size(), 1U) << "the topic may be in FUNC_CONTEXT";
}

TEST(ParseContext, HostileTexts) {
  for (const std::string& text : {
           std::string(1'000'000, '['),
           std::string(1'000'000, '{'),
           R"({"outputs":)" + std::string(500, '[') + std::string(500, ']') + '}',
           std::string("{\"name\":\"\xff\xfe\"}"),
           std::string("{\"name\":\"\xed\xa0\x80\"}"),
           std::string(R"({"port":1e400})"),
           std::string("{\"name\":\"a\0b\"}", 14),
           std::string("\0", 1),
           std::string("\xef\xbb\xbf"),
       }) {
    EXPECT_FALSE(parse(text)) << text.substr(0, 40);
  }
  std::string many = R"({"outputs":{"x":1)";
  for (int i = 0; i < 20'000; ++i) many += R"(,"x":1)";
  EXPECT_FALSE(parse(many + "}}"));
  EXPECT_EQ(parsed("{\"port\":8080,\"version\":" + std::string(300, '9') + '}').port, 8080);
  EXPECT_EQ(parsed("\xef\xbb\xbf{\"name\":\"bom\"}").name, "bom");
}

TEST(ParseContext, NotesTellWhatWasIgnored) {
  std::vector<Note> notes;
  ASSERT_TRUE(parse(
      R"({"a":1,"runtime":"Knative","port":1,"port":2,"outputs":{"o":{"b":1,"componentName":"c","componentType":"bindings.x"}}})",
      "", &notes));
  EXPECT_THAT(
      notes,
      ElementsAre(Note{Level::kWarning,
                       "FUNC_CONTEXT $: the member \"port\" is given twice; the last one is used"},
                  Note{Level::kDebug, "FUNC_CONTEXT $.outputs.o.b: unknown member, ignored"},
                  Note{Level::kDebug, "FUNC_CONTEXT $.a: unknown member, ignored"}));
}

TEST(FunctionContext, FindsAndNames) {
  FunctionContext context;
  EXPECT_EQ(context.output_names(), "none");
  context.outputs = {{.name = "a", .alias = "b", .component = "x"},
                     {.name = "b", .alias = "c", .component = "y"}};
  context.triggers = {
      {.name = "t", .component = "bus", .kind = ComponentKind::kPubsub, .topic = "one"},
      {.name = "u", .component = "cron"}};
  EXPECT_EQ(context.find_output("a")->component, "x");
  EXPECT_EQ(context.find_output("b")->component, "y") << "a name comes before an alias";
  EXPECT_EQ(context.find_output("c")->component, "y");
  EXPECT_EQ(context.find_output(""), nullptr);
  EXPECT_EQ(context.find_output("x"), nullptr);
  EXPECT_EQ(context.output_names(), R"("a" (also "b"), "b" (also "c"))");
  EXPECT_EQ(context.outputs[0].label(), R"("a" (component "x"))");
  EXPECT_EQ(context.find_topic("bus", "one")->name, "t");
  EXPECT_EQ(context.find_topic("bus", "two"), nullptr);
  EXPECT_EQ(context.find_binding("cron")->name, "u");
  EXPECT_EQ(context.find_binding("bus"), nullptr);
}

}  // namespace
}  // namespace ofn
