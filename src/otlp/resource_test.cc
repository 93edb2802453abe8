#include "otlp/resource.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::otlp {
namespace {

using namespace std::string_view_literals;

ResourceFacts facts() {
  return {.function_name = "hello",
          .function_version = "v7",
          .framework_version = "1.2",
          .instance_id = "id-1",
          .host_name = "box",
          .process_id = 42};
}

std::string shown(const Resource& resource) {
  std::string result;
  for (const Resource::Attribute& attribute : resource.attributes) {
    const auto* text = std::get_if<std::string>(&attribute.value);
    result += attribute.name + "=" +
              (text == nullptr ? std::to_string(std::get<std::int64_t>(attribute.value)) : *text) +
              "\n";
  }
  return result;
}

struct Case {
  std::string_view name;
  EnvironmentMap variables;
  std::string_view expected;
  std::string_view warning = "";
};

void check(const Case& c, const ResourceFacts& facts) {
  SCOPED_TRACE(c.name);
  std::vector<Note> notes;
  EXPECT_EQ(shown(read_resource(environment_of(c.variables), facts, notes)), c.expected);
  ASSERT_EQ(notes.size(), c.warning.empty() ? 0U : 1U);
  if (notes.empty()) return;
  EXPECT_EQ(notes[0].text, c.warning);
  EXPECT_EQ(notes[0].level, Level::kWarning);
}

constexpr std::string_view kPlain = R"(service.name=hello
service.version=v7
service.instance.id=id-1
faas.name=hello
faas.version=v7
faas.instance=id-1
host.name=box
process.pid=42
telemetry.sdk.name=ofn
telemetry.sdk.language=cpp
telemetry.sdk.version=1.2
)";

TEST(Resource, SaysWhatTheProgramIs) {
  for (const Case& c : {
           Case{"outside a pod", {}, kPlain},
           Case{"a mistake discards the list",
                {{"OTEL_RESOURCE_ATTRIBUTES", "team=core,secret"}},
                kPlain,
                "OTEL_RESOURCE_ATTRIBUTES is ignored: item 2: expected name=value"},
           Case{"under Knative, with attributes",
                {{"K_SERVICE", "greeter"},
                 {"K_REVISION", "greeter-00007"},
                 {"POD_NAME", "greeter-00007-x"},
                 {"POD_NAMESPACE", "shop"},
                 {"OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb,host.name=mine"}},
                R"(team=a,b
host.name=mine
service.name=greeter
service.version=v7
service.instance.id=greeter-00007-x
faas.name=hello
faas.version=greeter-00007
faas.instance=greeter-00007-x
k8s.pod.name=greeter-00007-x
k8s.namespace.name=shop
process.pid=42
telemetry.sdk.name=ofn
telemetry.sdk.language=cpp
telemetry.sdk.version=1.2
)"},
       }) {
    check(c, facts());
  }
}

TEST(Resource, NamesTheService) {
  struct Name {
    EnvironmentMap variables;
    std::string function;
    std::string_view expected;
  };
  for (const Name& c : {
           Name{{}, "f", "f"},
           Name{{}, "", "unknown_service"},
           Name{{{"K_SERVICE", "k"}}, "f", "k"},
           Name{{{"K_SERVICE", "k"}, {"OTEL_RESOURCE_ATTRIBUTES", "service.name=r"}}, "f", "r"},
           Name{{{"OTEL_SERVICE_NAME", "s"}, {"OTEL_RESOURCE_ATTRIBUTES", "service.name=r"}},
                "f",
                "s"},
           Name{{{"OTEL_SERVICE_NAME", ""}, {"OTEL_RESOURCE_ATTRIBUTES", "service.name=r"}},
                "f",
                "r"},
       }) {
    std::vector<Note> notes;
    const Resource resource =
        read_resource(environment_of(c.variables), {.function_name = c.function}, notes);
    EXPECT_EQ(resource.text("service.name"), c.expected);
  }
}

TEST(Resource, KnowsItsProcess) {
  const ResourceFacts known = with_process({});
  EXPECT_NE(known.host_name, "");
  EXPECT_GT(known.process_id, 0);
}

TEST(Resource, IsEncoded) {
  EXPECT_EQ(encode({.attributes = {{"a", "b"}, {"n", std::int64_t{1}}}}),
            "\x0a\x08\x0a\x01"
            "a\x12\x03\x0a\x01"
            "b\x0a\x07\x0a\x01n\x12\x02\x18\x01"sv);
}

}  // namespace
}  // namespace ofn::otlp
