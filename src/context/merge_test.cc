// Two documents together, as the platform's controller writes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context/parse_context.h"

namespace ofn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Merged {
  FunctionContext context;
  std::vector<std::string> warnings;
};

// Tests both orders, because either variable may carry either schema.
Merged merged(std::string_view first, std::string_view second) {
  std::vector<Note> notes;
  const auto context = parse_context(first, second, notes);
  std::vector<Note> swapped_notes;
  const auto swapped = parse_context(second, first, swapped_notes);
  if (!context || !swapped) {
    ADD_FAILURE() << (context ? swapped : context).error().at(0).text();
    return {};
  }
  EXPECT_EQ(*context, *swapped);
  Merged result{*context, {}};
  for (const Note& note : notes) {
    if (note.level == Level::kWarning) result.warnings.push_back(note.text);
  }
  return result;
}

// A Knative function with an outputName, a generated component name, and a topic that only v1beta1
// has.
TEST(Merge, OutputsAreMatchedByComponent) {
  const Merged result = merged(
      R"({"name":"f","version":"v2","runtime":"Knative","port":"8080","outputs":{
           "archive":{"uri":"files","componentName":"serving-1-bindings-files-x7k2p",
                      "componentType":"bindings.localstorage","metadata":{"fileName":"a"},"operation":"create"},
           "events":{"uri":"orders","componentName":"bus","componentType":"pubsub.redis"}}})",
      R"({"name":"f","version":"v2","triggers":{"http":{"port":8080}},"outputs":{
           "files":{"componentName":"serving-1-bindings-files-x7k2p","componentType":"bindings.localstorage",
                    "metadata":{"fileName":"a"},"operation":"create"},
           "bus":{"componentName":"bus","componentType":"pubsub.redis"}}})");
  EXPECT_EQ(result.context.runtime, Runtime::kKnative);
  EXPECT_EQ(result.context.port, 8080);
  EXPECT_TRUE(result.context.http);
  EXPECT_THAT(result.context.outputs, ElementsAre(Output{"archive",
                                                         "files",
                                                         "serving-1-bindings-files-x7k2p",
                                                         ComponentKind::kBinding,
                                                         "bindings.localstorage",
                                                         "",
                                                         "create",
                                                         {{"fileName", "a"}}},
                                                  Output{"events",
                                                         "bus",
                                                         "bus",
                                                         ComponentKind::kPubsub,
                                                         "pubsub.redis",
                                                         "orders",
                                                         "create",
                                                         {}}));
  EXPECT_EQ(result.context.find_output("files"), result.context.find_output("archive"));
  EXPECT_THAT(result.warnings, IsEmpty());
}

// v1beta2's map has one entry for each component, v1beta1's one for each output. If several outputs
// share a component, only the last output's entry survives in v1beta2.
TEST(Merge, SeveralOutputsOfOneComponent) {
  const Merged result = merged(
      R"({"runtime":"Knative","outputs":{
           "drop":{"uri":"files","componentName":"files","componentType":"bindings.localstorage","operation":"delete"},
           "keep":{"uri":"files","componentName":"files","componentType":"bindings.localstorage","operation":"create"}}})",
      R"({"triggers":{"http":{}},"outputs":{
           "files":{"componentName":"files","componentType":"bindings.localstorage","operation":"create"}}})");
  ASSERT_EQ(result.context.outputs.size(), 2U);
  EXPECT_EQ(result.context.find_output("files")->name, "keep");
  EXPECT_EQ(result.context.find_output("drop")->operation, "delete");
  EXPECT_EQ(result.context.find_output("drop")->alias, "");
  EXPECT_THAT(result.warnings, IsEmpty());

  const Merged topics = merged(
      R"({"runtime":"Knative","outputs":{
           "a":{"uri":"t1","componentName":"bus","componentType":"pubsub.redis"},
           "b":{"uri":"t2","componentName":"bus","componentType":"pubsub.redis"}}})",
      R"({"triggers":{"http":{}},"outputs":{"bus":{"componentName":"bus","componentType":"pubsub.redis"}}})");
  ASSERT_EQ(topics.context.outputs.size(), 2U) << "nothing is delivered twice";
  EXPECT_EQ(topics.context.find_output("bus")->name, "a");
  EXPECT_THAT(topics.warnings, ElementsAre(HasSubstr("may mean several entries")));

  const Merged same_keys = merged(
      R"({"runtime":"Knative","outputs":{
           "a":{"componentName":"c","componentType":"bindings.x","operation":"create"},
           "b":{"componentName":"c","componentType":"bindings.x","operation":"delete"}}})",
      R"({"triggers":{"http":{}},"outputs":{
           "a2":{"componentName":"c","componentType":"bindings.x","operation":"delete"},
           "b":{"componentName":"c","componentType":"bindings.x"}}})");
  ASSERT_EQ(same_keys.context.outputs.size(), 2U);
  EXPECT_EQ(same_keys.context.find_output("a")->alias, "a2");
  EXPECT_EQ(same_keys.context.find_output("b")->operation, "delete");
}

TEST(Merge, OneDocumentCompletesTheOther) {
  const Merged result = merged(
      R"({"runtime":"Knative","outputs":{"o":{"uri":"t","componentName":"c"},"only1":{"componentName":"d","componentType":"bindings.x"}}})",
      R"({"triggers":{"http":{}},"outputs":{"c":{"componentName":"c","componentType":"pubsub.redis","metadata":{"k":"v"}},
          "only2":{"componentName":"e","componentType":"bindings.x","operation":"get"}}})");
  EXPECT_THAT(
      result.context.outputs,
      ElementsAre(
          Output{
              "o", "c", "c", ComponentKind::kPubsub, "pubsub.redis", "t", "create", {{"k", "v"}}},
          Output{"only1", "", "d", ComponentKind::kBinding, "bindings.x", "", "create", {}},
          Output{"only2", "", "e", ComponentKind::kBinding, "bindings.x", "", "get", {}}));
}

TEST(Merge, TriggersComeFromBothAndInputsAreOnlyFetched) {
  const Merged result = merged(
      R"({"runtime":"Async","port":"8080","inputs":{
           "cron":{"uri":"timer","componentName":"gen-timer","componentType":"bindings.cron"},
           "news":{"uri":"t1","componentName":"bus","componentType":"pubsub.redis"}}})",
      R"({"triggers":{"http":{"port":8080},"dapr":[{"name":"gen-timer","inputName":"cron"},
                              {"name":"bus","topic":"t1"},{"name":"bus","topic":"t2"}]},
          "inputs":{"db":{"componentName":"gen-db","componentType":"bindings.mysql"}}})");
  EXPECT_EQ(result.context.runtime, Runtime::kAsync);
  EXPECT_TRUE(result.context.http) << "HTTP and app callbacks share the port";
  // Two topics of one component have the same key in v1beta1, so one is lost there; its type is
  // still known.
  EXPECT_THAT(
      result.context.triggers,
      ElementsAre(
          Trigger{"cron", "", "gen-timer", ComponentKind::kBinding, "bindings.cron", "", {}},
          Trigger{"news", "bus", "bus", ComponentKind::kPubsub, "pubsub.redis", "t1", {}},
          Trigger{"bus", "", "bus", ComponentKind::kPubsub, "pubsub.redis", "t2", {}}));
  EXPECT_THAT(result.context.inputs,
              ElementsAre(Input{"db", "gen-db", "bindings.mysql", "", "", {}}));
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Merge, TracingIsSaidToBeMissing) {
  struct Case {
    std::string_view first;
    std::string_view second;
    std::vector<std::string> words;  // of the one warning; empty: no warning
  };
  for (
      const Case& c : std::initializer_list<Case>{
          {R"({"runtime":"Knative","pluginsTracing":{"enabled":true}})",
           "",
           {"enables tracing,", "no span"}},
          {R"({"runtime":"Knative","pluginsTracing":{"enabled":"true","provider":{"name":"zipkin"}}})",
           "",
           {"enables tracing by \"zipkin\","}},
          {R"({"runtime":"Knative","pluginsTracing":{"enabled":true,"provider":{"name":"skywalking"}}})",
           "",
           {}},
          {R"({"runtime":"Knative","pluginsTracing":{"enabled":false,"provider":{"name":"skywalking"}}})",
           "",
           {}},
          {R"({"runtime":"Knative","pluginsTracing":null})", "", {}},
          // The newer document's value is used, and is reported once.
          {R"({"runtime":"Knative","pluginsTracing":{"enabled":true}})",
           R"({"triggers":{"http":{}},"tracing":{"enabled":true,"provider":{"name":"zipkin"}}})",
           {"by \"zipkin\""}},
          {R"({"runtime":"Knative","pluginsTracing":{"enabled":true}})",
           R"({"triggers":{"http":{}},"tracing":{"enabled":true,"provider":{"name":"opentelemetry"}}})",
           {}},
          {R"({"runtime":"Knative","pluginsTracing":{"enabled":true}})",
           R"({"triggers":{"http":{}},"tracing":{"enabled":false}})",
           {}},
      }) {
    const Merged result = merged(c.first, c.second);
    ASSERT_EQ(result.warnings.size(), c.words.empty() ? 0U : 1U) << c.first << c.second;
    for (const std::string& words : c.words)
      EXPECT_THAT(result.warnings[0], testing::HasSubstr(words));
  }
}

TEST(Merge, HooksRunOnce) {
  struct Case {
    std::string_view first;
    std::string_view second;
    std::vector<std::string> pre;
    std::vector<std::string> post;
    std::size_t warnings;
  };
  for (
      const Case& c : std::initializer_list<Case>{
          // Global hooks are in both documents, the function's own only in v1beta2.
          {R"({"runtime":"Knative","prePlugins":["g"],"postPlugins":["g"]})",
           R"({"triggers":{"http":{}},"preHooks":["g","own"],"postHooks":["own","g"]})",
           {"g", "own"},
           {"own", "g"},
           0},
          // The function's own policy replaced the global ones.
          {R"({"runtime":"Knative","prePlugins":["g"],"postPlugins":["g"]})",
           R"({"triggers":{"http":{}},"preHooks":["own"]})",
           {"own"},
           {},
           2},
          // Only v1beta1 has hooks, because the function is annotated in the older way.
          {R"({"runtime":"Knative","prePlugins":["a","b"],"postPlugins":["b","a"]})",
           R"({"triggers":{"http":{}}})",
           {"a", "b"},
           {"b", "a"},
           0},
          // The controller puts the tracing provider's name at the end of one list and at the
          // beginning of the other.
          {R"({"runtime":"Knative","prePlugins":["g","skywalking"],"postPlugins":["skywalking","g"],
                "pluginsTracing":{"enabled":true,"provider":{"name":"skywalking","oapServer":"o"}}})",
           R"({"triggers":{"http":{}},"preHooks":["g"],"postHooks":["g"],
                "tracing":{"enabled":true,"provider":{"name":"skywalking","oapServer":"o"}}})",
           {"g"},
           {"g"},
           0},
          {R"({"runtime":"Knative","prePlugins":["opentelemetry"],"postPlugins":["opentelemetry"],
                "pluginsTracing":{"enabled":true,"provider":{"name":"opentelemetry"}}})",
           R"({"triggers":{"http":{}}})",
           {},
           {},
           0},
          // The same hook is both global and the function's own.
          {R"({"runtime":"Knative","prePlugins":["g"]})",
           R"({"triggers":{"http":{}},"preHooks":["g","own","g"]})",
           {"g", "own"},
           {},
           0},
      }) {
    const Merged result = merged(c.first, c.second);
    EXPECT_EQ(result.context.pre_hooks, c.pre) << c.first;
    EXPECT_EQ(result.context.post_hooks, c.post) << c.first;
    EXPECT_EQ(result.warnings.size(), c.warnings) << c.first;
  }
}

TEST(Merge, TheNewerTracingWinsAndTheOlderStandsIn) {
  constexpr std::string_view kFirst =
      R"({"runtime":"Knative","pluginsTracing":{"enabled":true,"provider":{"name":"skywalking"}}})";
  EXPECT_EQ(merged(kFirst, R"({"triggers":{"http":{}}})").context.tracing->provider, "skywalking");
  EXPECT_EQ(
      merged(kFirst, R"({"triggers":{"http":{}},"tracing":{"provider":{"name":"opentelemetry"}}})")
          .context.tracing->provider,
      "opentelemetry");
}

TEST(Merge, DisagreementsAreWarnings) {
  const Merged ports =
      merged(R"({"runtime":"Knative","port":"8081"})", R"({"triggers":{"http":{"port":8082}}})");
  EXPECT_EQ(ports.context.port, 8082);
  EXPECT_THAT(ports.warnings, ElementsAre(HasSubstr("two ports")));

  const Merged runtimes = merged(R"({"runtime":"Knative"})",
                                 R"({"triggers":{"dapr":[{"name":"c","type":"bindings.x"}]}})");
  EXPECT_EQ(runtimes.context.runtime, Runtime::kKnative);
  EXPECT_THAT(runtimes.warnings, ElementsAre(HasSubstr("only with the runtime Async")));

  const Merged names = merged(
      R"({"runtime":"Knative","outputs":{"a":{"componentName":"x","componentType":"bindings.x"}}})",
      R"({"triggers":{"http":{}},"outputs":{"a":{"componentName":"y","componentType":"bindings.x"}}})");
  EXPECT_EQ(names.context.outputs.size(), 2U);
  EXPECT_EQ(names.context.find_output("a")->component, "x");
  EXPECT_THAT(names.warnings, ElementsAre(HasSubstr("two outputs are named")));

  const Merged types = merged(
      R"({"runtime":"Knative","outputs":{"a":{"componentName":"x","componentType":"bindings.x"}}})",
      R"({"triggers":{"http":{}},"outputs":{"x":{"componentName":"x","componentType":"pubsub.x"}}})");
  EXPECT_EQ(types.context.outputs.at(0).kind, ComponentKind::kBinding);
  EXPECT_THAT(types.warnings, ElementsAre(HasSubstr("the first is used")));

  // An outputName is the same as another output's component.
  const Merged crossed = merged(
      R"({"runtime":"Knative","outputs":{"b":{"componentName":"a","componentType":"bindings.x"},
          "c":{"componentName":"b","componentType":"bindings.x"}}})",
      R"({"triggers":{"http":{}},"outputs":{"a":{"componentName":"a","componentType":"bindings.x"},
          "b":{"componentName":"b","componentType":"bindings.x"}}})");
  EXPECT_EQ(crossed.context.find_output("b")->component, "a");
  EXPECT_EQ(crossed.context.find_output("a")->component, "a");
  EXPECT_EQ(crossed.context.find_output("c")->component, "b");
  EXPECT_THAT(crossed.warnings, ElementsAre(HasSubstr("the name \"b\" means the output")));
}

TEST(Merge, TheSameDocumentTwiceIsOne) {
  constexpr std::string_view kText =
      R"({"runtime":"Async","inputs":{"i":{"uri":"t","componentName":"b","componentType":"pubsub.x"},
                                      "j":{"uri":"u","componentName":"b","componentType":"pubsub.x"}},
          "outputs":{"o":{"componentName":"c","componentType":"bindings.x"},
                     "p":{"componentName":"c","componentType":"bindings.x"}}})";
  std::vector<Note> notes;
  EXPECT_EQ(merged(kText, kText).context, *parse_context(kText, "", notes));
}

TEST(Merge, MissingInBothIsAProblem) {
  std::vector<Note> notes;
  const auto context = parse_context(
      R"({"runtime":"Async","outputs":{"o":{"componentName":"c","componentType":"pubsub.x"}}})",
      R"({"triggers":{},"outputs":{"c":{"componentName":"c"}}})", notes);
  ASSERT_FALSE(context);
  std::vector<std::string> places;
  for (const Problem& problem : context.error()) places.push_back(problem.source + problem.path);
  EXPECT_THAT(places, ElementsAre("FUNC_CONTEXT$.outputs.o.uri", "FUNC_CONTEXT$.inputs"));
}

}  // namespace
}  // namespace ofn
