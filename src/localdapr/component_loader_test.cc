#include "localdapr/component_loader.h"

#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::localdapr {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const LoaderOptions kOptions{
    .app_id = "app", .environment = [](std::string_view name) -> std::optional<std::string> {
      return name == "ROOT_PATH" ? std::optional<std::string>("/from/env") : std::nullopt;
    }};

Components parse(std::string_view yaml) {
  NullLog log;
  return parse_components(yaml, "c.yaml", kOptions, log);
}

// The usual beginning of a component; the spec follows.
std::string component(std::string_view name, std::string_view rest = "") {
  return "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: " + std::string(name) +
         "\nspec:\n  type: bindings.localstorage\n" + std::string(rest);
}

std::vector<std::string> texts(const Components& loaded) {
  std::vector<std::string> result;
  result.reserve(loaded.problems.size());
  for (const Error& problem : loaded.problems) result.push_back(problem.text());
  return result;
}

std::vector<std::string> names(const Components& loaded) {
  std::vector<std::string> result;
  result.reserve(loaded.components.size());
  for (const Component& entry : loaded.components) result.push_back(entry.name);
  return result;
}

TEST(ComponentLoader, ReadsWhatDaprdReads) {
  const Components loaded = parse(R"(# a comment
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: files
  namespace: default
spec:
  type: bindings.localstorage
  version: v1
  ignoreErrors: true
  initTimeout: 5s
  metadata:
  - name: rootPath
    value: /tmp/x
  - name: quoted
    value: "a: b # c"
  - name: number
    value: 42
  - name: flag
    value: true
  - name: fromEnvironment
    envRef: ROOT_PATH
  - name: absentVariable
    envRef: NOT_SET
  - name: nothing
auth:
  secretStore: x
scopes:
- other
- app
)");
  EXPECT_THAT(texts(loaded), IsEmpty());
  ASSERT_EQ(loaded.components.size(), 1U);
  const Component& files = loaded.components[0];
  EXPECT_EQ(files.name, "files");
  EXPECT_EQ(files.type, "bindings.localstorage");
  EXPECT_EQ(files.version, "v1");
  EXPECT_TRUE(files.ignore_errors);
  EXPECT_EQ(files.file, "c.yaml");
  EXPECT_EQ(files.line, 2);
  EXPECT_EQ(files.property("rootpath"), "/tmp/x");
  EXPECT_EQ(files.property("quoted"), "a: b # c");
  EXPECT_EQ(files.property("number"), "42");
  EXPECT_EQ(files.property("flag"), "true");
  EXPECT_EQ(files.property("fromEnvironment"), "/from/env");
  EXPECT_EQ(files.property("absentVariable"), std::nullopt);
  EXPECT_EQ(files.property("nothing"), std::nullopt);
  EXPECT_EQ(files.property("unknown"), std::nullopt);
}

TEST(ComponentLoader, FillsInDaprsPlaceholders) {
  const Components loaded = parse(component(
      "a", "  metadata:\n  - {name: p, value: '{appID}/{namespace}/{other}/{uuid}-{uuid}{'}\n"));
  ASSERT_EQ(loaded.components.size(), 1U);
  EXPECT_THAT(
      std::string(*loaded.components[0].property("p")),
      ::testing::MatchesRegex(R"(app/default\.app/\{other\}/[0-9a-f-]{36}-[0-9a-f-]{36}\{)"));
}

TEST(ComponentLoader, ReadsSeveralDocumentsAndPassesOverTheOthers) {
  const Components loaded =
      parse(component("one") + "---\n" + component("two") +
            "---\n# nothing\n---\n"
            "apiVersion: v1\nkind: ConfigMap\n---\n"
            "apiVersion: core.oam.dev/v1beta1\nkind: Component\n---\n"
            "some: thing\n---\n" +
            component("scoped", "scopes: [someone]\n") + "...\n---\n" + component("three"));
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_THAT(names(loaded), ElementsAre("one", "two", "three"));
  EXPECT_THAT(names(parse("\xef\xbb\xbf" + component("with-bom"))), ElementsAre("with-bom"));
  EXPECT_THAT(names(parse("")), IsEmpty());
  EXPECT_THAT(names(parse("apiVersion: &v dapr.io/v1alpha1\nkind: Component\n"
                          "metadata: {name: &n a}\nspec: {type: *n}\n")),
              ElementsAre("a"))
      << "aliases";
}

TEST(ComponentLoader, OthersComponentsMayNeedWhatIsNotHere) {
  const Components loaded =
      parse(component("a",
                      "  metadata:\n  - name: p\n    secretKeyRef: {name: s, key: k}\n"
                      "  - name: q\n    envRef: DAPR_API_TOKEN\n"
                      "  - x\nscopes: [someone]\n") +
            "---\napiVersion: dapr.io/v1alpha1\nkind: Component\nscopes: [someone]\n");
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_THAT(names(loaded), IsEmpty());
}

TEST(ComponentLoader, AValueCountsBeforeAVariableAndBehindASecret) {
  struct Case {
    std::string_view property;
    std::string_view value;
    bool needs_secret = false;
  };
  for (const Case& c : {
           Case{"{name: p, value: v, envRef: ROOT_PATH}", "v"},
           Case{"{name: p, envRef: ROOT_PATH, secretKeyRef: {name: s}}", "/from/env"},
           Case{"{name: p, value: v, secretKeyRef: {name: s}}", "", true},
           Case{"{name: p, value: v, secretKeyRef: {name: s, key: k}}", "", true},
           Case{"{name: p, secretKeyRef: {name: s, key: k}}", "", true},
           Case{"{name: p, value: v, secretKeyRef: {name: ''}}", "v"},  // it names no secret
           Case{"{name: p, value: v, secretKeyRef: }", "v"},
       }) {
    const Components loaded =
        parse(component("a", "  metadata:\n  - " + std::string(c.property) + "\n"));
    if (c.needs_secret) {
      EXPECT_THAT(texts(loaded), ElementsAre(HasSubstr("'p' refers to a secret store")))
          << c.property;
    } else {
      EXPECT_THAT(texts(loaded), IsEmpty()) << c.property;
      ASSERT_EQ(loaded.components.size(), 1U) << c.property;
      EXPECT_EQ(loaded.components[0].property("p"), c.value) << c.property;
    }
  }
}

TEST(ComponentLoader, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string yaml;
    std::string_view problem;
    std::string_view line;
  };
  const std::string head = "apiVersion: dapr.io/v1alpha1\nkind: Component\n";
  for (const Case& c : {
           Case{"- a\n- b\n", "a document is a mapping", "1"},
           Case{"just text", "found a text", "1"},
           Case{"kind: Component\n", "apiVersion is missing; expected dapr.io/v1alpha1", "1"},
           Case{"kind: Component\napiVersion: dapr.io/v1\n",
                "apiVersion is 'dapr.io/v1'; expected dapr.io/v1alpha1", "2"},
           Case{head + "spec: {type: t}\n", "metadata: expected a mapping, found nothing", "1"},
           Case{head + "metadata: x\nspec: {type: t}\n",
                "metadata: expected a mapping, found a text", "3"},
           Case{head + "metadata: {}\nspec: {type: t}\n",
                "metadata.name: expected the component's name, found nothing", "3"},
           Case{head + "metadata: {name: [a]}\nspec: {type: t}\n",
                "metadata.name: expected a text, found a list", "3"},
           Case{head + "metadata: {name: a/b}\nspec: {type: t}\n", "'a/b' is not a name", "3"},
           Case{head + "metadata: {name: a}\n", "spec: expected a mapping, found nothing", "1"},
           Case{head + "metadata: {name: a}\nspec:\n", "spec: expected a mapping, found nothing",
                "4"},
           Case{head + "metadata: {name: a}\nspec: {}\n",
                "spec.type: expected a component type such as bindings.localstorage, found nothing",
                "4"},
           Case{component("a", "  metadata: {rootPath: x}\n"),
                "spec.metadata: expected a list of names with values, found a mapping", "7"},
           Case{component("a", "  metadata:\n  - x\n"),
                "an entry of spec.metadata is a mapping with name and value", "8"},
           Case{component("a", "  metadata:\n  - value: x\n"), "a mapping with name and value",
                "8"},
           Case{component("a", "  metadata:\n  - name: p\n    value: {a: b}\n"),
                "spec.metadata.p.value: expected a text, found a mapping", "9"},
           Case{component("a", "  metadata:\n  - name: p\n    secretKeyRef: {name: s, key: k}\n"),
                "'p' refers to a secret store, which the local sidecar does not have; give a value "
                "or an "
                "envRef, or run Dapr and set DAPR_GRPC_PORT",
                "9"},
           Case{component("a", "  metadata:\n  - name: p\n    envRef: dapr_API_TOKEN\n"),
                "the variable 'dapr_API_TOKEN', which components may not read", "9"},
           Case{component("a", "scopes: app\n"), "scopes: expected a list of app ids, found a text",
                "7"},
           Case{component("a") + "---\n" + component("a"),
                "component 'a' is declared twice; first in c.yaml, line 1", "8"},
           Case{"a: b: c\n", "not valid YAML", "1"},
           Case{"a: [\n", "not valid YAML", "2"},
           Case{component("a", "  metadata: *nowhere\n"), "not valid YAML", "7"},
           Case{"a: &x [*x]\n", "an alias names a node that contains it", "1"},
       }) {
    const Components loaded = parse(c.yaml);
    ASSERT_EQ(loaded.problems.size(), 1U) << c.yaml;
    const std::string text = loaded.problems[0].text();
    EXPECT_EQ(loaded.problems[0].code(), Code::kInvalidArgument);
    EXPECT_THAT(text, HasSubstr(std::string(c.problem))) << c.yaml;
    EXPECT_THAT(text, HasSubstr("line=" + std::string(c.line))) << c.yaml;
    EXPECT_THAT(text, HasSubstr("file=c.yaml")) << c.yaml;
  }
}

TEST(ComponentLoader, NamesAllProblemsAtOnce) {
  const Components loaded = parse(
      "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {}\nspec:\n  metadata:\n  - "
      "x\n---\n" +
      component("fine"));
  EXPECT_EQ(loaded.problems.size(), 3U);
  EXPECT_THAT(names(loaded), ElementsAre("fine"));
}

// Texts that could need unlimited time or stack are answered soon, with or without a problem.
TEST(ComponentLoader, IsNotTakenDownByWhatAFileHolds) {
  const auto repeat = [](std::string_view text, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) result += text;
    return result;
  };
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before +
            repeat("," + before, 8) + "]\n";
  }
  EXPECT_THAT(texts(parse(bomb + component("a"))), IsEmpty());

  std::string steps;
  for (int i = 0; i < 500; ++i) steps += repeat(" ", i) + "a:\n";
  for (const std::string& yaml : {
           repeat("[", 100'000),
           repeat("{", 100'000),
           repeat("- ", 100'000),
           repeat("? ", 100'000),
           repeat("[{", 50'000),
           repeat("a: [", 10'000),
           repeat("!t ", 100'000),
           repeat("&a ", 100'000),
           repeat("[x,", 100) + repeat("]", 100),
           steps,
           repeat("- a\n", 200'000),
           std::string(2 << 20, '#'),
           std::string(100'000, '\0'),
           repeat("\xff", 100'000),
       }) {
    const Components loaded = parse(yaml);
    EXPECT_THAT(names(loaded), IsEmpty());
    EXPECT_EQ(loaded.problems.size(), 1U) << yaml.substr(0, 10);
  }
  // One value with a megabyte of placeholders.
  const Components loaded = parse(
      component("a", "  metadata:\n  - {name: p, value: '" + repeat("{uuid}{", 100'000) + "'}\n"));
  EXPECT_EQ(loaded.components.size(), 1U);
}

TEST(ComponentLoader, EveryCutOfAFileIsReadOrRefused) {
  const std::string whole =
      component("a", "  metadata:\n  - name: \"p\"\n    value: |\n      text\n");
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    parse(std::string_view(whole).substr(0, length));
  }
}

TEST(ComponentLoader, ReadsADirectoryInOrder) {
  TemporaryDirectory folder;
  folder.write("b.yaml", component("two"));
  folder.write("a.YML", component("one"));
  folder.write("readme.md", "kind: Component");
  folder.write("bad.yaml", "a: [");
  folder.write("large.yaml", std::string(2 << 20, ' '));
  folder.write("z.yaml", component("one"));
  std::filesystem::create_directory(folder.path() / "sub.yaml");
  NullLog log;
  const Components loaded = load_components(folder.path().string(), kOptions, log);
  EXPECT_EQ(names(loaded)[0], "one");
  EXPECT_EQ(names(loaded)[1], "two");
  const std::string path = folder.path().string();
  EXPECT_THAT(texts(loaded),
              ElementsAre(HasSubstr("bad.yaml"), HasSubstr("the file is larger than 1 MiB"),
                          "component 'one' is declared twice; first in " + path +
                              "/a.YML, line 1 (file=" + path + "/z.yaml, line=1)"));
}

TEST(ComponentLoader, NeedsADirectory) {
  NullLog log;
  const Components loaded = load_components("/nowhere/components", kOptions, log);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].code(), Code::kNotFound);
  EXPECT_THAT(loaded.problems[0].text(),
              HasSubstr("make it, or name another with --components (file=/nowhere/components)"));
}

TEST(ComponentLoader, RefusesWhatItDoesNotDo) {
  for (const std::string kind :
       {"Subscription", "Configuration", "Resiliency", "HTTPEndpoint", "component"}) {
    for (const char* version : {"v1alpha1", "v2alpha1"}) {
      const std::string document = std::string("apiVersion: dapr.io/") + version +
                                   "\nkind: " + kind + "\nmetadata:\n  name: x\n";
      const Components loaded = parse(document);
      ASSERT_EQ(loaded.problems.size(), 1U) << kind;
      EXPECT_THAT(loaded.problems[0].text(), AllOf(HasSubstr("found kind " + kind),
                                                   HasSubstr("run Dapr"), HasSubstr("line=2")));
      // A document for other apps only is not refused.
      EXPECT_THAT(parse(document + "scopes: [other]\n").problems, IsEmpty());
      EXPECT_EQ(parse(document + "scopes: [app, other]\n").problems.size(), 1U);
    }
  }
  EXPECT_THAT(parse("apiVersion: v1\nkind: Secret\n").problems, IsEmpty());
  EXPECT_THAT(parse("kind: Subscription\n").problems, IsEmpty());
}

TEST(ComponentLoader, PlaceholdersThatItDoesNotHave) {
  const auto with = [](const std::string& type, const std::string& value) {
    return parse(
        "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: c\nspec:\n  type: " +
        type + "\n  metadata:\n  - name: p\n    value: '" + value + "'\n");
  };
  EXPECT_THAT(texts(with("bindings.cron", "a{podName}")), ElementsAre(HasSubstr("{podName}")));
  EXPECT_THAT(texts(with("pubsub.redis", "a{namespace}")),
              ElementsAre(HasSubstr("in front of every topic")));
  EXPECT_EQ(with("bindings.redis", "a{namespace}").components.at(0).properties.at(0).value,
            "adefault.app");
}

TEST(ComponentLoader, WhatIsPassedOverIsTold) {
  ofn::testing::RecordingLog log;
  const Components loaded =
      parse_components(component("a", "  versoin: v1\nscope:\n- other\n"), "c.yaml", kOptions, log);
  EXPECT_THAT(names(loaded), ElementsAre("a"));
  EXPECT_THAT(log.text(), AllOf(HasSubstr("member=spec.versoin"), HasSubstr("member=scope")));
}

}  // namespace
}  // namespace ofn::localdapr
