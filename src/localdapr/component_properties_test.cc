#include "localdapr/component_properties.h"

#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/catalogue.h"

namespace ofn::localdapr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Component component(std::string type, std::vector<Header> properties) {
  Component made;
  made.name = "c";
  made.type = std::move(type);
  made.properties = std::move(properties);
  return made;
}

Result<void> check(const Component& component, Log& log) {
  return check_properties(component, *find_type(component.type), log);
}

TEST(ComponentProperties, WhatWouldChangeWhatHappensIsRefusedByName) {
  struct Case {
    std::string type;
    std::string property;
    std::string words;  // empty if the property is accepted
  };
  for (const Case& c : {
           Case{"state.sqlite", "primaryEncryptionKey", "'primaryEncryptionKey' of state.sqlite"},
           Case{"state.sqlite", "PRIMARYENCRYPTIONKEY", "'PRIMARYENCRYPTIONKEY'"},
           Case{"State.In-Memory", "outboxPublishPubsub", "run Dapr"},
           Case{"state.in-memory", "outboxPublishTopic", "run Dapr"},
           Case{"state.sqlite", "cleanupIntervalInSeconds", "write cleanupInterval"},
           Case{"state.sqlite", "timeout", ""},
           Case{"state.in-memory", "actorStateStore", ""},
           Case{"bindings.redis", "poolSize", ""},
           Case{"pubsub.redis", "allowedTopics", ""},
           Case{"bindings.cron", "route", ""},
       }) {
    ofn::testing::RecordingLog log;
    const auto checked = check(component(c.type, {{c.property, "x"}}), log);
    EXPECT_EQ(checked.has_value(), c.words.empty()) << c.type << " " << c.property;
    if (!checked) {
      EXPECT_THAT(checked.error().message(), HasSubstr(c.words));
    }
    EXPECT_THAT(log.text(), IsEmpty());
    EXPECT_TRUE(check(component(c.type, {{c.property, ""}}), log));
  }
}

TEST(ComponentProperties, WhatNobodyKnowsIsToldAndPassedOver) {
  for (const auto& [type, property] :
       {std::pair("pubsub.redis", "allowedTopic"), std::pair("bindings.http", "route"),
        std::pair("state.in-memory", "direction"), std::pair("bindings.cron", "allowedTopics")}) {
    ofn::testing::RecordingLog log;
    EXPECT_TRUE(check(component(type, {{property, "x"}}), log));
    EXPECT_THAT(log.text(), HasSubstr(property)) << type;
  }
}

TEST(ComponentProperties, Directions) {
  struct Case {
    std::optional<std::string> said;
    bool good, input, output, unasked;
  };
  for (const Case& c : {
           Case{std::nullopt, true, true, true, false},
           Case{"input", true, true, false, true},
           Case{"output", true, false, true, false},
           Case{"input, output", true, true, true, true},
           Case{"Output,INPUT ", true, true, true, true},
           Case{"", false, false, false, false},
           Case{"both", false, false, false, false},
           Case{"input,", false, false, false, false},
           Case{"in put", false, false, false, false},
       }) {
    const std::string shown = c.said.value_or("(nothing)");
    auto direction = direction_of(
        component("bindings.mqtt3",
                  c.said ? std::vector<Header>{{"Direction", *c.said}} : std::vector<Header>{}));
    ASSERT_EQ(direction.has_value(), c.good) << shown;
    if (!direction) {
      EXPECT_THAT(direction.error().message(), HasSubstr("'" + shown + "'; expected input"));
      continue;
    }
    EXPECT_EQ(direction->input, c.input) << shown;
    EXPECT_EQ(direction->output, c.output) << shown;
    EXPECT_EQ(direction->starts_unasked, c.unasked) << shown;
  }
}

TEST(ComponentProperties, ARouteIsItsOwnSpelling) {
  EXPECT_EQ(route_of(component("bindings.cron", {{"route", "a b"}})), "a b");
  EXPECT_EQ(route_of(component("bindings.cron", {{"Route", "a b"}})), "");
}

}  // namespace
}  // namespace ofn::localdapr
