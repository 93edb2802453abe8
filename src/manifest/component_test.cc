#include "manifest/component.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::manifest {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kKafka = R"(
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: orders
spec:
  type: bindings.kafka
  version: v1
  initTimeout: 10s
  ignoreErrors: true
  metadata:
    - name: brokers
      value: kafka:9092
    - name: authRequired
      value: false
    - name: saslPassword
      secretKeyRef:
        name: kafka
        key: password
    - name: consumerGroup
      envRef: GROUP
auth:
  secretStore: vault
---
apiVersion: v1
kind: Secret
)";

std::vector<Component> read(std::string_view text, std::vector<Problem>& problems) {
  std::vector<Component> components;
  read_components("orders.yaml", text, components, problems);
  return components;
}

TEST(Components, KeepWhatTheirFilesSay) {
  std::vector<Problem> problems;
  const auto components = read(kKafka, problems);
  EXPECT_TRUE(problems.empty());
  ASSERT_EQ(components.size(), 1U);
  const Component& orders = components.front();
  EXPECT_EQ(orders.name, "orders");
  EXPECT_EQ(orders.secret_store, "vault");
  EXPECT_EQ(orders.property("BROKERS"), "kafka:9092");
  EXPECT_EQ(orders.property("saslPassword"), "");
  EXPECT_EQ(spec_text(orders, {.is_trigger = true}), R"(type: bindings.kafka
version: v1
ignoreErrors: true
initTimeout: "10s"
metadata:
  - name: brokers
    value: kafka:9092
  - name: authRequired
    value: "false"
  - name: saslPassword
    secretKeyRef:
      name: kafka
      key: password
  - name: consumerGroup
    envRef: GROUP
  - name: direction
    value: "input"
)");
}

TEST(Components, AMistakeHasItsPlace) {
  std::vector<Problem> problems;
  read("kind: Component\nmetadata: {name: a}\nspec:\n  version: v1\n", problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().path, "spec.type");
  problems.clear();
  read("a: [", problems);
  ASSERT_EQ(problems.size(), 1U);
}

TEST(Components, ABindingHasTheDirectionOfItsUse) {
  const Component binding{.name = "a", .type = "bindings.mqtt3", .version = "v1"};
  EXPECT_THAT(spec_text(binding, {.is_trigger = true}), HasSubstr("value: \"input\"\n"));
  EXPECT_THAT(spec_text(binding, {.is_output = true}), HasSubstr("value: \"output\"\n"));
  EXPECT_THAT(spec_text(binding, {.is_trigger = true, .is_output = true}),
              HasSubstr("value: \"input, output\"\n"));
  const Component own{.name = "a",
                      .type = "bindings.mqtt3",
                      .version = "v1",
                      .properties = {{"Direction", "output"}}};
  EXPECT_THAT(spec_text(own, {.is_trigger = true}), Not(HasSubstr("direction")));
  const Component topic{.name = "a", .type = "pubsub.redis", .version = "v1"};
  EXPECT_EQ(spec_text(topic, {.is_trigger = true}),
            "type: pubsub.redis\nversion: v1\nmetadata: []\n");
}

TEST(Components, TheContextNamesEachOnce) {
  FunctionContext context;
  context.triggers.push_back({.name = "in", .component = "b", .component_type = "bindings.mqtt3"});
  context.outputs.push_back({.name = "one", .component = "b", .component_type = "bindings.mqtt3"});
  context.outputs.push_back({.name = "two", .component = "a", .component_type = "pubsub.redis"});
  context.states.push_back({.name = "s", .component = "c", .component_type = "state.redis"});
  const auto used = used_components(context);
  ASSERT_EQ(used.size(), 3U);
  EXPECT_EQ(used[0].name, "a");
  EXPECT_TRUE(used[0].use.is_output);
  EXPECT_EQ(used[1].name, "b");
  EXPECT_TRUE(used[1].use.is_trigger && used[1].use.is_output);
  EXPECT_EQ(used[2].type, "state.redis");
}

}  // namespace
}  // namespace ofn::manifest
