#include "serving/async/subscriptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Trigger topic(std::string component, std::string name, Metadata metadata = {}) {
  return {.name = "in-" + name,
          .component = std::move(component),
          .kind = ComponentKind::kPubsub,
          .topic = std::move(name),
          .metadata = std::move(metadata)};
}
Trigger binding(std::string component) {
  return {.name = "in", .component = std::move(component), .kind = ComponentKind::kBinding};
}
FunctionContext with(std::vector<Trigger> triggers) {
  FunctionContext context;
  context.triggers = std::move(triggers);
  return context;
}

TEST(Subscriptions, SayWhatTheContextsTriggersWant) {
  const FunctionContext context =
      with({binding("tick"),
            topic("bus", "orders",
                  {{"rawPayload", "true"},
                   {"deadLetterTopic", "dead"},
                   {"bulkSubscribe", "true"},
                   {"maxMessagesCount", "10"},
                   {"maxAwaitDurationMs", "20"},
                   {"routes", R"({"rules":[{"match":"m","path":"/a"}],"default":"/b"})"},
                   {"inOrder", "true"},
                   {"maxFailures", "3"}}),
            topic("bus", "plain")});
  const auto made = Subscriptions::of(context);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->bindings(), ElementsAre("tick"));
  ASSERT_EQ(made->topics().size(), 2U);
  const dapr::Subscription& orders = made->topics()[0];
  EXPECT_EQ(orders.component, "bus");
  EXPECT_EQ(orders.topic, "orders");
  ASSERT_EQ(orders.metadata.size(), 1U) << "what is ours is not the broker's";
  EXPECT_EQ(orders.metadata[0].name, "rawPayload");
  EXPECT_EQ(orders.dead_letter_topic, "dead");
  EXPECT_EQ(orders.bulk, (dapr::Subscription::Bulk{10, 20}));
  EXPECT_THAT(orders.rules, ElementsAre(dapr::Subscription::Rule{"m", "/a"}));
  EXPECT_EQ(orders.path, "/b");
  EXPECT_TRUE(made->inputs()[1].in_order);
  EXPECT_EQ(made->inputs()[1].max_failures, 3U);
  const dapr::Subscription& plain = made->topics()[1];
  EXPECT_FALSE(plain.bulk);
  EXPECT_EQ(plain.path, "");
  EXPECT_FALSE(made->inputs()[2].in_order);
  EXPECT_EQ(made->inputs()[2].max_failures, 0U);
}

TEST(Subscriptions, WhatIsWrongIsToldAtOnce) {
  const FunctionContext context = with({topic("bus", "a",
                                              {{"bulkSubscribe", "yes"},
                                               {"maxMessagesCount", "0"},
                                               {"maxAwaitDurationMs", "1x"},
                                               {"routes", "[]"},
                                               {"inOrder", "1"},
                                               {"maxFailures", "-1"}})});
  const auto made = Subscriptions::of(context);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().size(), 6U);
  for (const Error& error : made.error()) EXPECT_THAT(error.message(), HasSubstr("\"in-a\""));
  for (const std::string_view routes :
       {"", "{", R"({"default":1})", R"({"default":"no-slash"})", R"({"rules":{}})",
        R"({"rules":[{"match":"m"}]})", R"({"rules":[{"match":1,"path":"/"}]})"}) {
    const FunctionContext one = with({topic("bus", "a", {{"routes", std::string(routes)}})});
    EXPECT_FALSE(Subscriptions::of(one)) << routes;
  }
}

TEST(Subscriptions, FindWhatADeliveryBelongsTo) {
  const FunctionContext context =
      with({binding("x"), topic("bus", "orders"), topic("other", "orders"), topic("bus", "one")});
  const auto made = Subscriptions::of(context);
  ASSERT_TRUE(made);
  struct Case {
    std::string_view component, topic, path;
    int index;  // -1: none
  };
  for (const Case& c : {
           Case{"bus", "orders", "", 1},
           Case{"other", "orders", "", 2},
           Case{"bus", "one", "one", 3},
           Case{"", "one", "", 3},        // the proxy
           Case{"", "", "one", 3},        //
           Case{"", "", "/one", 3},       //
           Case{"bus", "", "one", 3},     //
           Case{"", "orders", "", -1},    // of which component?
           Case{"bus", "x", "", -1},      // a binding is no topic
           Case{"third", "one", "", -1},  //
           Case{"", "", "", -1},
       }) {
    const InputRules* found = made->topic(c.component, c.topic, c.path);
    EXPECT_EQ(found == nullptr ? -1 : found - made->inputs().data(), c.index)
        << c.component << " " << c.topic << " " << c.path;
  }
  EXPECT_EQ(made->binding("x"), &made->inputs()[0]);
  EXPECT_EQ(made->binding("bus"), nullptr);
}

TEST(Subscriptions, FindWhatATopicWithWildcardsIsFor) {
  const FunctionContext context =
      with({topic("bus", "orders/+"), topic("bus", "orders/7"), topic("other", "orders/#")});
  const auto made = Subscriptions::of(context);
  ASSERT_TRUE(made);
  struct Case {
    std::string_view component, topic;
    int index;  // -1: none
  };
  for (const Case& c :
       {Case{"bus", "orders/8", 0}, Case{"bus", "orders/7", 1}, Case{"bus", "orders/7/new", -1},
        Case{"other", "orders/7", 2}, Case{"other", "orders", 2}, Case{"", "orders/7", 1},
        Case{"", "orders/8", -1}}) {
    const InputRules* found = made->topic(c.component, c.topic, "");
    EXPECT_EQ(found == nullptr ? -1 : found - made->inputs().data(), c.index)
        << c.component << " " << c.topic;
  }
}

}  // namespace
}  // namespace ofn
