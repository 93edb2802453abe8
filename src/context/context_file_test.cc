// Contexts in files: both formats, and which schema a file has. parse_context_test.cc tests what a
// document may say.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context/parse_context.h"

namespace ofn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::expected<FunctionContext, std::vector<Problem>> parse(std::string_view file,
                                                           std::string_view text,
                                                           std::vector<Note>* notes = nullptr) {
  std::vector<Note> ignored;
  return parse_context_file(file, text, notes != nullptr ? *notes : ignored);
}

// Returns the text of each problem.
std::vector<std::string> problems(std::string_view file, std::string_view text) {
  std::vector<std::string> texts;
  const auto context = parse(file, text);
  if (context) return texts;
  for (const Problem& problem : context.error()) texts.push_back(problem.text());
  return texts;
}

constexpr std::string_view kJson = R"({
  "name": "f", "version": "1.10", "runtime": "Async", "port": "9090",
  "inputs": {"news": {"uri": "topic-in", "componentName": "bus", "componentType": "pubsub.redis",
                      "metadata": {"a": "b"}}},
  "outputs": {"file": {"componentName": "gen-1", "componentType": "bindings.localstorage"}},
  "prePlugins": ["a"],
  "pluginsTracing": {"enabled": true}
})";
constexpr std::string_view kYaml = R"(# the same
name: f
version: 1.10
runtime: async
port: 9090
inputs:
  news: {uri: topic-in, componentName: bus, componentType: pubsub.redis, metadata: {a: b}}
outputs:
  file:
    componentName: gen-1
    componentType: bindings.localstorage
states: ~
prePlugins: [a]
pluginsTracing: {enabled: true}
)";

TEST(ContextFile, BothFormatsHaveOneMeaning) {
  std::vector<Note> notes;
  const FunctionContext expected = *parse_context(kJson, std::nullopt, notes);
  EXPECT_EQ(expected.version, "1.10");
  const std::string mark = "\xEF\xBB\xBF";
  struct Case {
    std::string file;
    std::string text;
  };
  const Case cases[] = {
      {"c.json", std::string(kJson)},
      {"c.JSON", mark + std::string(kJson)},
      {"c", std::string(kJson)},
      {"/run/secrets/context", mark + "\r\n\t" + std::string(kJson)},
      {"c.yaml", std::string(kJson)},  // JSON is YAML
      {"c.yaml", std::string(kYaml)},
      {"c.YML", mark + "---\n" + std::string(kYaml) + "...\n"},
      {"c", std::string(kYaml)},
      {"c.txt", std::string(kYaml)},
  };
  for (const auto& [file, text] : cases) {
    const auto context = parse(file, text);
    ASSERT_TRUE(context) << file << ": " << context.error()[0].text();
    EXPECT_EQ(*context, expected) << file;
  }
}

TEST(ContextFile, TheContentSaysItsSchema) {
  const auto parts = [](std::string_view text) {
    const auto context = parse("c.yaml", text);
    if (!context) return context.error()[0].text();
    return std::string(runtime_name(context->runtime)) + ' ' +
           std::to_string(context->triggers.size()) + ' ' + std::to_string(context->inputs.size());
  };
  const std::string inputs = "inputs: {i: {componentName: c, componentType: bindings.x}}\n";
  EXPECT_EQ(parts("{}"), "Knative 0 0");
  EXPECT_EQ(parts("name: f"), "Knative 0 0");
  EXPECT_EQ(parts("runtime: Async\n" + inputs), "Async 1 0");
  EXPECT_EQ(parts("triggers: {http: {port: 1}}\n" + inputs), "Knative 0 1");
  EXPECT_EQ(parts("triggers: {dapr: [{name: c, type: bindings.x}]}\n" + inputs), "Async 1 1");
  EXPECT_EQ(parts("runtime: Async\ntriggers: {dapr: [{name: c}]}\n"), "Async 1 0");
  EXPECT_EQ(parts("inputs: {i: {componentName: c, componentType: bindings.x, uri: u}}\n"),
            "Async 1 0");
  EXPECT_EQ(parts("inputs: {}\n"), "Knative 0 0");
  const std::string says =
      "$.inputs: expected a member that says what the inputs are: \"runtime\" (v1beta1: they "
      "trigger the function) or \"triggers\" (v1beta2: the function fetches them), found ";
  EXPECT_EQ(parts("name: f\n" + inputs), "c.yaml:2 " + says + "members of neither schema");
  EXPECT_EQ(parts(inputs + "runtime: Async\npreHooks: [a]\n"),
            "c.yaml:1 " + says + "as many members of one schema as of the other");
}

TEST(ContextFile, ProblemsNameTheLine) {
  EXPECT_THAT(problems("c.json", R"({
  "runtime": "x",
  "port": 70000,
  "outputs": {
    "a": {"componentName": "c",
          "componentType": "k"},
    "b": {
      "componentType": "bindings.x"},
    "p": {"componentName": "c", "componentType": "pubsub.x"},
    "q": {"componentName": "c"}
  }
})"),
              ElementsAre(HasSubstr("c.json:2 $.runtime: expected"),
                          HasSubstr("c.json:3 $.port: expected a port from 1 to 65535, found the "
                                    "number 70000"),
                          HasSubstr("c.json:6 $.outputs.a.componentType: expected a type that"),
                          HasSubstr("c.json:7 $.outputs.b.componentName: expected the name"),
                          HasSubstr("c.json:9 $.outputs.p.uri: expected a topic"),
                          HasSubstr("c.json:10 $.outputs.q.componentType: expected a type")));
  EXPECT_THAT(problems("c.yaml", "runtime: x\nport: http\noutputs:\n  - a\ntriggers:\n  http: 5\n"),
              ElementsAre(R"(c.yaml:1 $.runtime: expected "Knative" or "Async", found "x")",
                          R"(c.yaml:2 $.port: expected a port from 1 to 65535, found "http")",
                          "c.yaml:6 $.triggers.http: expected a mapping, found a text",
                          "c.yaml:3 $.outputs: expected a mapping, found a list"));
  EXPECT_THAT(problems("c.yaml", "\nruntime: Async\n"),
              ElementsAre("c.yaml:2 $.inputs: expected at least one input, because the runtime is "
                          "Async, found none"));
  EXPECT_THAT(problems("c.yaml", "httpPattern: users"),
              ElementsAre(HasSubstr("c.yaml:1 $.httpPattern: expected a route")));
}

TEST(ContextFile, WhatIsNoContext) {
  struct Case {
    std::string file;
    std::string text;
    std::string expected;
  };
  const Case cases[] = {
      {"c.json", "", "c.json:1 $: expected a JSON object, found "},
      {"c.json", "{\n\"a\": tru}", "c.json:2 $: expected a JSON object, found "},
      {"c", "{\n\"a\": tru}", "c:2 $: expected a JSON object, found "},
      {"c.json", "name: f", "c.json:1 $: expected a JSON object, found "},
      {"c.json", "5", "c.json:1 $: expected a JSON object, found a number"},
      {"c", "[]", "c:1 $: expected a JSON object, found an array"},
      {"c", "", "c $: expected one YAML document, found nothing"},
      {"c.yaml", "# nothing\n", "c.yaml $: expected one YAML document, found nothing"},
      {"c.yaml", "---\n~\n---\n", "c.yaml $: expected one YAML document, found nothing"},
      {"c.yaml", "a: 1\n---\nb: 2\n", "c.yaml $: expected one YAML document, found 2 documents"},
      {"c.yaml", "- a", "c.yaml:1 $: expected a YAML mapping, found a list"},
      {"c", "eyJhIjoxfQ==", "c:1 $: expected a YAML mapping, found a text"},
      {"c.yaml", "a: 1\nb: [", "c.yaml:2 $: expected a YAML document, found not valid YAML: "},
      {"c.yaml", "apiVersion: core.openfunction.io/v1beta2\nkind: Function\nmetadata: {}\n",
       "c.yaml:2 $: expected the context, as the platform writes it for a function, found a "
       "Kubernetes manifest of the kind \"Function\""},
  };
  for (const Case& c : cases) {
    const auto texts = problems(c.file, c.text);
    ASSERT_EQ(texts.size(), 1U) << c.text;
    EXPECT_TRUE(texts[0].starts_with(c.expected)) << texts[0];
  }
}

TEST(ContextFile, AliasesAreNotExpandedWithoutLimit) {
  std::string bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "b" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int item = 1; item < 10; ++item) bomb += ", " + last;
    bomb += "]\n";
  }
  bomb += "triggers: {http: {route: *a29}}\n";
  EXPECT_THAT(problems("c.yaml", bomb),
              ElementsAre("c.yaml $: expected a document that has at most 4 MiB with its aliases "
                          "expanded, found more"));
  std::string wide =
      "outputs:\n  o0: &o {componentName: c, componentType: bindings.x, metadata: {k: " +
      std::string(100'000, 'v') + "}}\n";
  for (int i = 1; i < 50; ++i) wide += "  o" + std::to_string(i) + ": *o\n";
  EXPECT_THAT(problems("c.yaml", wide), ElementsAre(HasSubstr("at most 4 MiB")));
  EXPECT_THAT(problems("c.yaml", wide.substr(0, wide.find("  o30:"))), IsEmpty());
}

TEST(ContextFile, NotesNameTheFile) {
  std::vector<Note> notes;
  ASSERT_TRUE(parse("c.yaml", "name: f\nname: g\nunknown: 1\n", &notes));
  EXPECT_THAT(
      notes, ElementsAre(Note{Level::kWarning,
                              "c.yaml $: the member \"name\" is given twice; the last one is used"},
                         Note{Level::kDebug, "c.yaml $.unknown: unknown member, ignored"}));
}

TEST(ContextFile, CutAtEveryByteItIsReadOrRefused) {
  for (const auto& [file, whole] : {std::pair("c.json", kJson), std::pair("c.yaml", kYaml)}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      for (const std::string& text : problems(file, whole.substr(0, size))) {
        EXPECT_THAT(text,
                    testing::MatchesRegex("c\\.(json|yaml)(:[0-9]+)? \\$.*: expected .*, found .+"))
            << size;
      }
    }
  }
}

TEST(ContextFile, SecretsAreNotShown) {
  const std::string text = R"(outputs:
  a: {componentName: c, componentType: bindings.x, metadata: {key: [tiger]}}
  b: {componentName: c, componentType: bindings.x, metadata: tiger}
tracing: {provider: {exporter: {headers: [tiger]}}}
)";
  const auto texts = problems("c.yaml", text);
  EXPECT_EQ(texts.size(), 3U);
  for (const std::string& each : texts) EXPECT_EQ(each.find("tiger"), std::string::npos) << each;
}

}  // namespace
}  // namespace ofn
