#include "check/check.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/fix.h"

namespace ofn::check {
namespace {

using testing::ElementsAreArray;

// Files of a project by their names, which say what they are.
using Files = std::map<std::string, std::string>;

Project project_of(const Files& files, EnvironmentMap environment = {}) {
  Project project{.environment = environment_of(std::move(environment))};
  for (const auto& [name, content] : files) {
    Text text{.name = name, .content = content};
    if (name.starts_with("components/")) {
      project.components_folder = "components";
      if (!content.empty()) project.components.push_back(std::move(text));
    } else if (name.ends_with(".env")) {
      project.env_files.push_back(std::move(text));
    } else if (name.ends_with(".cc")) {
      project.sources.push_back(std::move(text));
    } else if (name == "--target") {
      text.is_file = false;
      project.target = std::move(text);
    } else if (name.starts_with("deploy")) {
      project.manifests.push_back(std::move(text));
    } else {
      project.contexts.push_back(std::move(text));
    }
  }
  return project;
}

// "OFN1002 context.json:1:13 `Asinc`: $.runtime: expected …", and what a fix puts there behind "→".
std::string shown(const Finding& finding, const Files& files) {
  std::string text(finding.id);
  text += (finding.detail.empty() ? "" : "/" + finding.detail) + " " + finding.place.file + ":" +
          std::to_string(finding.place.line) + ":" + std::to_string(finding.place.column);
  if (finding.place.size > 0 && files.contains(finding.place.file)) {
    text += " `" + finding.place.source.substr(finding.place.column - 1, finding.place.size) + "`";
  }
  text += ": " + finding.found;
  for (const Edit& edit : finding.fix) text += " → " + edit.text;
  return text;
}

struct Case {
  Files files;
  std::vector<std::string> found;
  EnvironmentMap environment = {};
};

std::string context_with(std::string_view members) {
  return R"({"name":"f","runtime":"Knative",)" + std::string(members) + "}";
}

std::string component(std::string_view name, std::string_view type, std::string_view more = "") {
  return "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: " + std::string(name) +
         "\nspec:\n  type: " + std::string(type) + "\n  version: v1\n" + std::string(more);
}

constexpr std::string_view kArchive =
    R"("outputs":{"archive":{"componentName":"archive","componentType":"bindings.localstorage"}})";
constexpr std::string_view kFolder = "  metadata:\n    - name: rootPath\n      value: ./data\n";

void expect(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    std::vector<std::string> found;
    for (const Finding& finding : check(project_of(one.files, one.environment)))
      found.push_back(shown(finding, one.files));
    EXPECT_THAT(found, ElementsAreArray(one.found));
  }
}

TEST(Check, NothingIsWrong) {
  expect({
      {.files = {}, .found = {}},
      {.files =
           {{"context.json", context_with(kArchive)},
            {"components/archive.yaml", component("archive", "bindings.localstorage", kFolder)},
            {"f.cc",
             "ofn::Out f(ofn::Context& c, ofn::Bytes b) { c.send(\"archive\", b); return {}; }"},
            {"dev.env", "# settings\nPORT=8081\nGREETING=hello\nFUNCTION_TARGET=f\n"}},
       .found = {}},
  });
}

std::vector<Case> contexts() {
  return {
      // OFN1001
      {.files = {{"context.json", "{\n  \"name\": \"f\",\n  \"runtime\" \"Knative\"\n}"}},
       .found =
           {R"(OFN1001 context.json:3:21: expected a JSON object, found syntax error while parsing object separator - unexpected string literal; expected ':' at column 21)"}},
      {.files = {{"context.yaml", "name: f\nruntime: [Knative\n"}},
       .found =
           {R"(OFN1001 context.yaml:3:1: expected a YAML document, found not valid YAML: end of sequence flow not found)"}},
      {.files = {},
       .found =
           {R"(OFN1001 FUNC_CONTEXT:1:2: expected a JSON object, found the name of a file, "func_context.json"; the variable holds the document itself: name its file with --context)"},
       .environment = {{"FUNC_CONTEXT", "func_context.json"}}},
      {.files = {{"dev.env", "FUNC_CONTEXT='{\"name\":}'\n"}},
       .found =
           {R"(OFN1001 dev.env:1:23: expected a JSON object, found syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal at line 1, column 9)"}},
      // OFN1002
      {.files = {{"context.json", R"({"name":"f","runtime":"Asinc"})"}},
       .found =
           {R"(OFN1002 context.json:1:23 `"Asinc"`: $.runtime: expected "Knative" or "Async", found "Asinc"; did you mean "Async"? → "Async")"}},
      {.files = {{"context.json", R"({"name":"f","runtime":"Lambda"})"}},
       .found =
           {R"(OFN1002 context.json:1:23 `"Lambda"`: $.runtime: expected "Knative" or "Async", found "Lambda")"}},
      {.files = {{"context.yaml", "name: f\nruntime: 'Asinc'   # by Dapr\n"}},
       .found =
           {R"(OFN1002 context.yaml:2:10 `'Asinc'`: $.runtime: expected "Knative" or "Async", found "Asinc"; did you mean "Async"? → 'Async')"}},
      {.files = {{"context.json",
                  context_with(
                      R"("outputs":{"a":{"componentName":"a","componentType":"binding.http"}})")}},
       .found =
           {R"(OFN1002 context.json:1:85 `"binding.http"`: $.outputs.a.componentType: expected a type that starts with "bindings." or "pubsub.", found "binding.http"; did you mean "bindings.http"? → "bindings.http")"}},
      {.files = {{"context.json",
                  context_with(R"("outputs":{"a":{"componentType":"bindings.http"}})")}},
       .found =
           {R"(OFN1002 context.json:1:44 `"a"`: $.outputs.a.componentName: expected the name of a Dapr component, found nothing)"}},
      {.files = {{"dev.env", "FUNC_CONTEXT='{\"name\":\"f\",\"runtime\":\"Knativ\"}'\n"}},
       .found =
           {R"(OFN1002 dev.env:1:37 `"Knativ"`: $.runtime: expected "Knative" or "Async", found "Knativ"; did you mean "Knative"? → "Knative")"}},
      {.files = {{"dev.env", R"(FUNC_CONTEXT="{\"name\":\"f\",\"runtime\":\"Knativ\"}")"}},
       .found =
           {R"(OFN1002 dev.env:1:15 `{\"name\":\"f\",\"runtime\":\"Knativ\"}"`: $.runtime: expected "Knative" or "Async", found "Knativ"; did you mean "Knative"?)"}},
      {.files = {},
       .found =
           {R"(OFN1002 FUNC_CONTEXT:1:12: $.runtime: expected "Knative" or "Async", found "Knativ"; did you mean "Knative"?)"},
       .environment = {{"FUNC_CONTEXT", R"({"runtime":"Knativ"})"}}},
      // OFN1003
      {.files = {{"context.json", R"({"name":"f","runtime":"Knative","prePlugin":[],"other":1})"}},
       .found =
           {R"(OFN1003 context.json:1:33 `"prePlugin"`: nobody reads the member "prePlugin"; did you mean "prePlugins"? → "prePlugins")",
            R"(OFN1003 context.json:1:48 `"other"`: nobody reads the member "other")"}},
      {.files = {{"context.yaml",
                  "name: f\nruntime: Async\ntriggers:\n  dapr:\n    - {name: a, typ: pubsub.redis, "
                  "topic: t}\n"}},
       .found =
           {R"(OFN2016 context.yaml:1:1: the context names components, and there is no folder of components)",
            R"(OFN1003 context.yaml:5:17 `typ`: nobody reads the member "typ"; did you mean "type"? → type)"}},
      // OFN1004
      {.files = {{"context.json", "{\"name\":\"f\",\n\"runtime\":\"Knative\",\n\"name\":\"g\"}"}},
       .found =
           {R"(OFN1004 context.json:3:1 `"name"`: the member "name" occurs again; the one in line 1 is not used)"}},
      // OFN1005
      {.files =
           {{"context.json",
             R"({"name":"f","runtime":"Knative","port":"8080","triggers":{"http":{"port":9090}}})"}},
       .found =
           {R"(OFN1005 context.json:1:1: the context names two ports, triggers.http.port 9090 and port 8080; the first is used)"}},
      // OFN1006
      {.files = {{"context.json", R"({"name":"f","runtime":"Knative","port":"8080"})"},
                 {"dev.env", "PORT=8081\n"}},
       .found =
           {R"(OFN1006 context.json:1:40 `"8080"`: the context says port 8080, and dev.env:1 sets PORT="8081", which comes first)"}},
  };
}

std::vector<Case> components() {
  const std::string context = context_with(kArchive);
  const auto with = [&](std::string_view component_text) {
    return Files{{"context.json", context},
                 {"components/archive.yaml", std::string(component_text)}};
  };
  return {
      // OFN2001
      {.files = with("apiVersion: dapr.io/v1\nkind: Component\nmetadata:\n  name: archive\n"),
       .found =
           {R"(OFN2001 components/archive.yaml:1:1 `apiVersion: dapr.io/v1`: apiVersion is 'dapr.io/v1'; expected dapr.io/v1alpha1)"}},
      {.files = with(component("archive", "bindings.localstorage", "  metadata: 7\n")),
       .found =
           {R"(OFN2001 components/archive.yaml:8:3 `metadata: 7`: spec.metadata: expected a list of names with values, found a text)"}},
      // OFN2002
      {.files = with(component("archve", "bindings.localstorage", kFolder)),
       .found =
           {R"(OFN2015 components/archive.yaml:4:9 `archve`: neither the context nor the code names the component "archve")",
            R"(OFN2002 context.json:1:71 `"archive"`: no file in components has the component "archive" of the output "archive"; did you mean "archve"? → "archve")"}},
      {.files = with(component("files", "bindings.localstorage", kFolder)),
       .found =
           {R"(OFN2015 components/archive.yaml:4:9 `files`: neither the context nor the code names the component "files")",
            R"(OFN2002 context.json:1:71 `"archive"`: no file in components has the component "archive" of the output "archive")"}},
      // OFN2003
      {.files = with(component("archive", "pubsub.in-memory")),
       .found =
           {R"(OFN2003 context.json:1:97 `"bindings.localstorage"`: the output "archive" needs a component of a type bindings.*, and "archive" in components/archive.yaml is of type "pubsub.in-memory")"}},
      // OFN2004
      {.files = with(component("archive", "bindings.http",
                               "  metadata:\n    - name: url\n      value: http://127.0.0.1\n")),
       .found =
           {R"(OFN2004 context.json:1:97 `"bindings.localstorage"`: the context says type "bindings.localstorage", and components/archive.yaml says "bindings.http")"}},
      // OFN2005, OFN2006
      {.files = with(component("archive", "bindings.localstorag", kFolder)),
       .found =
           {R"(OFN2005 components/archive.yaml:6:9 `bindings.localstorag`: the type "bindings.localstorag" does not exist; did you mean "bindings.localstorage"? → bindings.localstorage)",
            R"(OFN2004 context.json:1:97 `"bindings.localstorage"`: the context says type "bindings.localstorage", and components/archive.yaml says "bindings.localstorag")"}},
      {.files = with(component("archive", "bindings.kafka")),
       .found =
           {R"(OFN2006 components/archive.yaml:6:9 `bindings.kafka`: the local sidecar does not have the type "bindings.kafka"; it has bindings.cron, bindings.http, bindings.localstorage, bindings.mqtt3, bindings.redis, pubsub.in-memory, pubsub.mqtt3, pubsub.redis, state.in-memory, state.sqlite, secretstores.local.file)",
            R"(OFN2004 context.json:1:97 `"bindings.localstorage"`: the context says type "bindings.localstorage", and components/archive.yaml says "bindings.kafka")"}},
      // OFN2007
      {.files =
           with(component("archive", "bindings.localstorage",
                          std::string(kFolder) + "    - name: direction\n      value: outwards\n")),
       .found =
           {R"(OFN2007 components/archive.yaml:11:13 `direction`: direction is 'outwards'; expected input, output, or 'input, output')"}},
      {.files = {{"context.json",
                  context_with(
                      R"("states":{"s":{"componentName":"s","componentType":"state.in-memory"}})")},
                 {"components/s.yaml",
                  component("s", "state.in-memory",
                            "  metadata:\n    - name: outboxPubsub\n      value: b\n")}},
       .found =
           {R"(OFN2007 components/s.yaml:9:13 `outboxPubsub`: the local sidecar does not support the property 'outboxPubsub' of state.in-memory; run Dapr (dapr run) and set DAPR_GRPC_PORT to its gRPC port)"}},
      // OFN2008
      {.files = with(component("archive", "bindings.localstorage",
                               "  metadata:\n    - name: rootpaht\n      value: ./data\n")),
       .found =
           {R"(OFN2008 components/archive.yaml:9:13 `rootpaht`: bindings.localstorage has no property "rootpaht"; did you mean "rootPath"? → rootPath)"}},
      // OFN2009
      {.files = with(component("archive", "bindings.localstorage", kFolder) + "scope: [other]\n"),
       .found =
           {R"(OFN2009 components/archive.yaml:11:1 `scope`: nobody reads the member "scope"; did you mean "scopes"? → scopes)"}},
      // OFN2010
      {.files = {{"context.json", context},
                 {"components/a.yaml", component("archive", "bindings.localstorage", kFolder)},
                 {"components/b.yaml", component("archive", "bindings.localstorage", kFolder)}},
       .found =
           {R"(OFN2010 components/b.yaml:4:9 `archive`: a component named "archive" exists already, in components/a.yaml, line 4)"}},
      {.files = with(component("archive", "bindings.localstorage", kFolder) + "---\n" +
                     component("archive", "bindings.localstorage", kFolder)),
       .found =
           {R"(OFN2010 components/archive.yaml:15:9 `archive`: a component named "archive" exists already, in components/archive.yaml, line 4)"}},
      // OFN2011
      {.files =
           with(component("archive", "bindings.localstorage",
                          std::string(kFolder) + "    - name: direction\n      value: input\n")),
       .found =
           {R"(OFN2011 context.json:1:71 `"archive"`: the component "archive" in components/archive.yaml has the direction input only, and the context uses it as an output)"}},
      {.files =
           {{"context.json",
             context_with(
                 R"("outputs":{"tick":{"componentName":"tick","componentType":"bindings.cron"}})")},
            {"components/tick.yaml",
             component("tick", "bindings.cron",
                       "  metadata:\n    - name: schedule\n      value: \"@every 1s\"\n")}},
       .found =
           {
               R"(OFN2011 context.json:1:68 `"tick"`: a component of type "bindings.cron" is an input only, and the context uses it as an output)"}},
      // OFN2012
      {.files =
           {{"context.json",
             context_with(
                 R"("outputs":{"e":{"uri":"news","componentName":"e","componentType":"pubsub.in-memory"}})")},
            {"components/e.yaml",
             component("e", "pubsub.in-memory",
                       "  metadata:\n    - name: allowedTopics\n      value: orders\n")}},
       .found =
           {R"(OFN2012 context.json:1:55 `"news"`: the component "e" in components/e.yaml does not let the app "functions-framework" publish to the topic "news")"}},
      // OFN2013
      {.files = with(component("archive", "bindings.localstorage",
                               "  metadata:\n    - name: rootPath\n      envRef: DATA\n")),
       .found =
           {R"(OFN2013 components/archive.yaml:10:15 `DATA`: neither the environment nor a file of variables sets "DATA", so the property "rootPath" is empty)"}},
      {.files = with(component("archive", "bindings.localstorage",
                               "  metadata:\n    - name: rootPath\n      envRef: DATA\n")),
       .found = {},
       .environment = {{"DATA", "./data"}}},
      // OFN2014
      {.files = with(component("archive", "bindings.localstorage", kFolder) +
                     "auth:\n  secretStore: vault\n"),
       .found =
           {R"(OFN2014 components/archive.yaml:12:16 `vault`: no file has the secret store "vault")"}},
      // OFN2015
      {.files = {{"context.json", context},
                 {"components/a.yaml", component("archive", "bindings.localstorage", kFolder)},
                 {"components/b.yaml", component("events", "pubsub.in-memory")}},
       .found =
           {R"(OFN2015 components/b.yaml:4:9 `events`: neither the context nor the code names the component "events")"}},
      // OFN2016
      {.files = {{"context.json", context}},
       .found =
           {R"(OFN2016 context.json:1:1: the context names components, and there is no folder of components)"}},
  };
}

std::vector<Case> code() {
  const Files base = {
      {"context.json", context_with(R"("prePlugins":["greet"],)" + std::string(kArchive))},
      {"components/archive.yaml", component("archive", "bindings.localstorage", kFolder)}};
  const auto with = [&](std::string code, Files more = {}) {
    Files files = base;
    files["f.cc"] = "OFN_PLUGIN(Greet, \"greet\", \"1\")\n" + std::move(code);
    for (auto& [name, text] : more) files.insert_or_assign(name, text);
    return files;
  };
  const std::string async = R"({"name":"f","runtime":"Async","triggers":{"http":{}},)" +
                            std::string(kArchive) + R"(,"preHooks":["greet"]})";
  return {
      // OFN3001
      {.files = with("void f(ofn::Context& c) { c.send(\"archve\", data); }"),
       .found =
           {R"(OFN3001 f.cc:2:34 `"archve"`: the context has no output "archve"; did you mean "archive"? (it has "archive"))"}},
      {.files = with(
           "constexpr auto kTo = \"nowhere\";\nvoid f(ofn::Context& c) { c.send(kTo, data); }"),
       .found =
           {R"(OFN3001 f.cc:3:34 `kTo`: the context has no output "nowhere" (it has "archive"))"}},
      {.files =
           with("void f(ofn::Context& c) { c.send(name(), data); socket.send(\"other\", 5); }"),
       .found = {}},
      // OFN3002
      {.files = with("void f(ofn::Context& c) {}", {{"context.json", async}}),
       .found =
           {R"(OFN3002 context.json:1:65 `"archive"`: no code sends to the output "archive", and under the runtime Async nothing else does)"}},
      {.files = with("void f(ofn::Context& c) { c.send(name, data); }", {{"context.json", async}}),
       .found = {}},
      {.files = with("void f(ofn::Context& c) { c.send(data); }", {{"context.json", async}}),
       .found = {}},
      // OFN3003
      {.files = with("void f(ofn::Context& c) { c.get_state(\"visits\", \"k\"); }"),
       .found =
           {R"(OFN3003 f.cc:2:39 `"visits"`: neither the context nor the components have a state store "visits" (it has none))"}},
      {.files = with("void f(ofn::Context& c) { c.get_states({.store = \"visits\"}); }"),
       .found =
           {R"(OFN3003 f.cc:2:50 `"visits"`: neither the context nor the components have a state store "visits" (it has none))"}},
      // OFN3004
      {.files = with("void f(ofn::Context& c) { c.get_secret(\"vault\", \"k\"); }"),
       .found =
           {R"(OFN3004 f.cc:2:40 `"vault"`: the components have no secret store "vault" (it has none))"}},
      // OFN3005
      {.files = with("", {{"context.json",
                           context_with(R"("prePlugins":["gret"],)" + std::string(kArchive))}}),
       .found =
           {R"(OFN3005 context.json:1:47 `"gret"`: the code registers no hook "gret"; did you mean "greet"? → "greet")",
            R"(OFN3006 f.cc:1:19 `"greet"`: the context does not name the hook "greet", so it does not run)"}},
      // OFN3006
      {.files = with("OFN_PLUGIN(Shout, \"shout\", \"1\")"),
       .found =
           {R"(OFN3006 f.cc:2:19 `"shout"`: the context does not name the hook "shout", so it does not run)"}},
      // OFN3007
      {.files = with("ofn::Out hello() { return {}; }", {{"--target", "helo"}}),
       .found =
           {R"(OFN3007 --target:1:1 `helo`: --target names the function "helo", which the code does not define; did you mean "hello"?)"}},
      {.files = with("ofn::Out hello() { return {}; }", {{"dev.env", "FUNC_NAME=helo\n"}}),
       .found =
           {R"(OFN3007 dev.env:1:11 `helo`: FUNC_NAME names the function "helo", which the code does not define; did you mean "hello"? → hello)"}},
      {.files =
           with("namespace app { ofn::Out hello() { return {}; } }", {{"--target", "app::hello"}}),
       .found = {}},
      // OFN3008
      {.files = with(
           "OFN_FUNCTION(a)\nOFN_ROUTE(\"GET /\", a)\nOFN_ROUTE(\"GET /\", b)\nOFN_FUNCTION(a)"),
       .found =
           {R"(OFN3008 f.cc:4:11 `"GET /"`: the route "GET /" is registered again; the first place is f.cc:3)",
            R"(OFN3008 f.cc:5:14 `a`: the function "a" is registered again; the first place is f.cc:2)"}},
      // OFN3009
      {.files = with("void f(ofn::Context& c) { c.plugin<Greet>(\"greeet\"); }"),
       .found =
           {R"(OFN3009 f.cc:2:43 `"greeet"`: the context runs no hook "greeet"; did you mean "greet"? (it has "greet"))"}},
  };
}

std::vector<Case> files_of_variables() {
  return {
      {.files = {{"dev.env", "PORT=8080\nno equals sign\n"}},
       .found =
           {R"(OFN4001 dev.env:2:1 `no equals sign`: expected NAME=value, or a comment that begins with "#", found a line without "=")"}},
      {.files = {{"dev.env", "OFN_TIMEOT=5s\nOFN_SOMETHING_ELSE=1\nFUNCTION_TARGT=f\nMINE=1\n"}},
       .found =
           {R"(OFN4002 dev.env:1:1 `OFN_TIMEOT`: the program does not know the variable "OFN_TIMEOT"; did you mean "OFN_TIMEOUT"? → OFN_TIMEOUT)",
            R"(OFN4002 dev.env:2:1 `OFN_SOMETHING_ELSE`: the program does not know the variable "OFN_SOMETHING_ELSE")",
            R"(OFN4002 dev.env:3:1 `FUNCTION_TARGT`: the program does not know the variable "FUNCTION_TARGT"; did you mean "FUNCTION_TARGET"? → FUNCTION_TARGET)"}},
      {.files = {{"dev.env", "A=1\n  export A=2\n"}},
       .found =
           {R"(OFN4003 dev.env:2:10 `A`: the variable "A" is set again; the value of dev.env:1 is not used)"}},
      {.files = {{"dev.env", "PORT=http\nOFN_TIMEOUT = '5 parsecs'\n"}},
       .found =
           {R"(OFN4004 dev.env:1:6 `http`: PORT: expected a number from 0 to 65535, found "http")",
            R"(OFN4004 dev.env:2:16 `5 parsecs`: OFN_TIMEOUT: expected a duration such as 30, 30s, 500ms, 5m or 1h, found "5 parsecs")"}},
  };
}

std::vector<Case> manifests() {
  return {
      {.files = {{"deploy.yaml",
                  "apiVersion: v1\nkind: Service\nspec:\n  ports:\n    - port: 80\n  ports: []\n"}},
       .found =
           {R"(OFN5001/repeated-key deploy.yaml:1:1 `apiVersion: v1`: the key "ports" occurs twice in one mapping)"}},
  };
}

TEST(Check, FindsWhatIsWrong) {
  for (const auto& table : {contexts(), components(), code(), files_of_variables(), manifests()})
    expect(table);
}

TEST(Check, EachRuleHasARow) {
  std::set<std::string, std::less<>> found;
  for (const auto& table : {contexts(), components(), code(), files_of_variables(), manifests()}) {
    for (const Case& one : table) {
      for (const std::string& text : one.found)
        found.insert(text.substr(0, text.find_first_of(" /")));
    }
  }
  for (const Rule& rule : rules()) {
    // These rules judge a compiled function; tests/check has their rows.
    if (rule.id.starts_with("OFN6")) continue;
    EXPECT_TRUE(found.contains(rule.id)) << rule.id;
  }
}

// Comments, quotes and indents stay; after the fixes nothing is found that can be fixed.
TEST(Check, FixesLeaveTheRestAsItIs) {
  Files files = {{"context.yaml",
                  "# the context\nname: f  # its name\nruntime: 'Knativ'   # HTTP\noutputs:\n"
                  "  archive: {componentNam: archive, componentType: \"binding.localstorage\"}\n"},
                 {"context.json", "{ \"name\":\"f\",\n\t\"runtime\" : \"knativee\" }"},
                 {"components/archive.yaml",
                  "# keeps data\napiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: "
                  "archive}\nspec:\n"
                  "  type: \"bindings.localstorag\"  # a folder\n  metadata:\n    - {name: "
                  "rootPaht, value: ./data}\n"},
                 {"dev.env", "# mine\nexport OFN_TIMEOT = 5s  # short\n"}};
  const Files fixed = {
      {"context.yaml",
       "# the context\nname: f  # its name\nruntime: 'Knative'   # HTTP\noutputs:\n"
       "  archive: {componentName: archive, componentType: \"bindings.localstorage\"}\n"},
      {"context.json", "{ \"name\":\"f\",\n\t\"runtime\" : \"Knative\" }"},
      {"components/archive.yaml",
       "# keeps data\napiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: "
       "archive}\nspec:\n"
       "  type: \"bindings.localstorage\"  # a folder\n  metadata:\n    - {name: rootPath, value: "
       "./data}\n"},
      {"dev.env", "# mine\nexport OFN_TIMEOUT = 5s  # short\n"}};
  // A property is known only when its component's type is.
  for (int round = 0; round < 2; ++round) {
    const std::vector<Finding> findings = check(project_of(files));
    for (auto& [name, content] : files) content = with_edits(content, edits_of(findings, name));
  }
  EXPECT_EQ(files, fixed);
  EXPECT_THAT(check(project_of(files)), testing::IsEmpty());
}

TEST(Check, HostileTextsAreRead) {
  const std::vector<std::string> texts = {"",
                                          std::string(1, '\0'),
                                          "\xFF\xFE\xFD",
                                          std::string(5000, '['),
                                          std::string(5000, '{'),
                                          "a: &a [*a]",
                                          "R\"(((",
                                          "\"",
                                          "/*",
                                          "#if 0",
                                          "'",
                                          "a\\",
                                          std::string(100000, '(')};
  for (const std::string& text : texts) {
    check(project_of({{"context.json", text},
                      {"context.yaml", text},
                      {"components/a.yaml", text},
                      {"dev.env", text},
                      {"f.cc", text},
                      {"deploy.yaml", text}},
                     {{"FUNC_CONTEXT", text}}));
  }
}

}  // namespace
}  // namespace ofn::check
