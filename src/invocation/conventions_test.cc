#include "invocation/conventions.h"

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(Conventions, NameDaprsComponents) {
  struct Case {
    std::string_view type;
    std::string_view messaging;
    std::string_view database;
    bool queue;
  };
  const Case cases[] = {
      {"pubsub.kafka", "kafka", "kafka", true},
      {"bindings.kafka", "kafka", "kafka", true},
      {"pubsub.azure.servicebus.topics", "servicebus", "azure.servicebus.topics", false},
      {"bindings.azure.servicebusqueues", "servicebus", "azure.servicebusqueues", true},
      {"bindings.aws.sqs", "aws_sqs", "aws.sqs", true},
      {"pubsub.gcp.pubsub", "gcp_pubsub", "gcp.pubsub", true},
      {"bindings.localstorage", "localstorage", "localstorage", false},
      {"state.sqlserver", "sqlserver", "microsoft.sql_server", false},
      {"state.redis", "redis", "redis", false},
      {"pubsub", "dapr", "dapr", false},
      {"", "dapr", "dapr", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(messaging_system(c.type), c.messaging) << c.type;
    EXPECT_EQ(database_system(c.type), c.database) << c.type;
    EXPECT_EQ(is_queue(c.type), c.queue) << c.type;
  }
}

TEST(Conventions, NameMethods) {
  struct Case {
    std::string_view method;
    HttpMethod number;
    std::string_view name;
  };
  const Case cases[] = {
      {"GET", HttpMethod::kGet, "GET"},        {"HEAD", HttpMethod::kHead, "HEAD"},
      {"PATCH", HttpMethod::kPatch, "PATCH"},  {"get", HttpMethod::kOther, "_OTHER"},
      {"BREW", HttpMethod::kOther, "_OTHER"},  {"", HttpMethod::kOther, "_OTHER"},
      {"_OTHER", HttpMethod::kOther, "_OTHER"}};
  for (const Case& c : cases) {
    EXPECT_EQ(http_method_of(c.method), c.number) << c.method;
    EXPECT_EQ(http_method_name(http_method_of(c.method)), c.name) << c.method;
  }
}

TEST(Conventions, NameVersions) {
  for (const HttpVersion version :
       {HttpVersion::kNone, HttpVersion::k10, HttpVersion::k11, HttpVersion::k2})
    EXPECT_EQ(http_version_of(http_version_name(version)), version);
  EXPECT_EQ(http_version_name(HttpVersion::k2), "2");
}

TEST(Conventions, NameTriggers) {
  EXPECT_EQ(trigger_of(CallKind::kRequest, ""), "http");
  EXPECT_EQ(trigger_of(CallKind::kTopicEvent, "pubsub.redis"), "pubsub");
  EXPECT_EQ(trigger_of(CallKind::kBulkedEvent, "pubsub.redis"), "pubsub");
  EXPECT_EQ(trigger_of(CallKind::kBinding, "bindings.cron"), "timer");
  EXPECT_EQ(trigger_of(CallKind::kBinding, "bindings.kafka"), "pubsub");
  EXPECT_EQ(trigger_of(CallKind::kBinding, "bindings.http"), "other");
}

}  // namespace
}  // namespace ofn
