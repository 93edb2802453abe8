// Settings, binding and pubsub of Redis, with a Redis that the test plays.
#include <testing/manual_clock.h>
#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/fake_redis_link_for_test.h"
#include "localdapr/redis_binding.h"
#include "localdapr/redis_settings.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Component component(std::vector<Header> properties) {
  return {.name = "store",
          .type = "",
          .version = "v1",
          .properties = std::move(properties),
          .file = "c.yaml"};
}

TEST(RedisSettings, HaveDaprdsDefaults) {
  const auto settings = redis_settings(component({}), "app");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->server.endpoint.text(), "localhost:6379");
  EXPECT_EQ(settings->server.database, 0);
  EXPECT_EQ(settings->consumer_id, "app");
  EXPECT_EQ(settings->redeliver_interval, 15s);
  EXPECT_EQ(settings->processing_timeout, 60s);
  EXPECT_EQ(settings->queue_depth, 100U);
  EXPECT_EQ(settings->concurrency, 10U);
  EXPECT_EQ(settings->max_length, 0);
  EXPECT_EQ(settings->stream_ttl, 0s);
}

TEST(RedisSettings, AreThoseOfTheComponent) {
  const auto settings = redis_settings(component({{"redisHost", "[::1]:7000"},
                                                  {"redisUsername", "ada"},
                                                  {"redisPassword", "secret"},
                                                  {"redisDB", "3"},
                                                  {"consumerID", "me"},
                                                  {"redeliverInterval", "0"},
                                                  {"processingTimeout", "250"},
                                                  {"queueDepth", "5"},
                                                  {"concurrency", "2"},
                                                  {"maxLenApprox", "1000"},
                                                  {"streamTTL", "1h"},
                                                  {"enableTLS", "false"}}),
                                       "app");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->server.endpoint.text(), "[::1]:7000");
  EXPECT_EQ(settings->server.user, "ada");
  EXPECT_EQ(settings->server.password, "secret");
  EXPECT_EQ(settings->server.database, 3);
  EXPECT_EQ(settings->consumer_id, "me");
  EXPECT_EQ(settings->redeliver_interval, 0s);
  EXPECT_EQ(settings->processing_timeout, 250ms);
  EXPECT_EQ(settings->queue_depth, 5U);
  EXPECT_EQ(settings->concurrency, 2U);
  EXPECT_EQ(settings->max_length, 1000);
  EXPECT_EQ(settings->stream_ttl, 1h);
}

TEST(RedisSettings, SayWhatIsWrongWithoutThePassword) {
  struct Case {
    std::string property;
    std::string value;
    std::string words;
  };
  const std::vector<Case> cases = {
      {"redisHost", "h", "redisHost 'h' is not an address; expected HOST:PORT"},
      {"redisHost", "h:0", "redisHost 'h:0' is not an address"},
      {"redisHost", "h:65536", "redisHost 'h:65536' is not an address"},
      {"redisHost", "a:1,b:2", "as a cluster. Run Dapr"},
      {"redisType", "cluster", "as a cluster. Run Dapr"},
      {"enableTLS", "true", "by TLS (enableTLS). Run Dapr"},
      {"failover", "true", "through Sentinel (failover). Run Dapr"},
      {"useEntraID", "true", "with Entra ID (useEntraID). Run Dapr"},
      {"redisDB", "x",
       "redis client configuration error: decode failed. 1 error(s) decoding:\n\n* cannot parse "
       "'redisDB' as int: strconv.ParseInt: parsing \"x\": invalid syntax"},
      {"queueDepth", "-1", "cannot parse 'queueDepth' as uint: strconv.ParseUint: parsing \"-1\""},
      {"processingTimeout", "soon", "time: invalid duration \"soon\""},
  };
  for (const Case& given : cases) {
    const auto settings = redis_settings(
        component({{"redisPassword", "secret"}, {given.property, given.value}}), "app");
    ASSERT_FALSE(settings) << given.property << given.value;
    EXPECT_THAT(settings.error().message(), HasSubstr(given.words));
    EXPECT_THAT(settings.error().text(), Not(HasSubstr("secret")));
  }
}

class RedisTest : public ::testing::Test {
 protected:
  std::unique_ptr<RedisLink> link(FakeRedisForTest& redis) {
    return std::make_unique<FakeRedisLinkForTest>(redis);
  }

  testing::ManualClock clock_;
  Loop loop_{clock_};
  testing::RecordingLog log_;
  FakeRedisForTest redis_;
};

class RedisBindingTest : public RedisTest {
 protected:
  void invoke(std::string operation, std::vector<Header> metadata, std::string data = "") {
    binding_.invoke({.component = "store",
                     .operation = std::move(operation),
                     .data = std::move(data),
                     .metadata = std::move(metadata)},
                    {}, [this](const Result<SidecarReply>& reply) {
                      answers_.push_back(reply ? "data " + reply->data : reply.error().message());
                    });
  }

  RedisBinding binding_{link(redis_), loop_};
  std::vector<std::string> answers_;
};

const RedisReply kOk{.kind = RedisReply::Kind::kText, .text = "OK"};
const RedisReply kOne{.kind = RedisReply::Kind::kInteger, .integer = 1};

TEST_F(RedisBindingTest, EachOperationIsItsCommand) {
  struct Case {
    std::string operation;
    std::vector<Header> metadata;
    RedisReply reply;
    std::string command;
    std::string answer;
  };
  const std::vector<Case> cases = {
      {"create", {{"key", "k"}}, kOk, "SET k value", "data "},
      {"get",
       {{"key", "k"}},
       {.kind = RedisReply::Kind::kText, .text = "value"},
       "GET k",
       "data value"},
      {"get", {{"key", "k"}}, {}, "GET k", "data "},
      {"get", {{"key", "k"}, {"delete", "true"}}, {}, "GETDEL k", "data "},
      {"delete", {{"key", "k"}}, kOne, "DEL k", "data "},
      {"increment", {{"key", "k"}}, kOne, "INCR k", "data "},
  };
  for (const Case& given : cases) {
    invoke(given.operation, given.metadata, "value");
    EXPECT_EQ(redis_.take(given.reply), given.command);
    EXPECT_EQ(answers_.back(), given.answer);
  }
  EXPECT_THAT(binding_.operations(), ElementsAre("create", "delete", "get", "increment"));
}

TEST_F(RedisBindingTest, WhatIsWrongIsSaidInRedisWords) {
  invoke("get", {});
  EXPECT_EQ(answers_.back(), "redis binding: missing key in request metadata");
  for (const std::string operation : {"create", "delete", "get", "increment"}) {
    invoke(operation, {{"key", "k"}, {"ttlInSeconds", "5"}});
    redis_.take(fail(Code::kInternal, "WRONGTYPE of " + operation));
    EXPECT_EQ(answers_.back(), "WRONGTYPE of " + operation);
    EXPECT_TRUE(redis_.asked.empty()) << "nothing expires that was not written";
  }
}

TEST_F(RedisBindingTest, WhatIsWrittenMayExpire) {
  struct Case {
    std::string ttl;
    std::string command;  // empty: an error
    std::string answer;
  };
  const std::vector<Case> cases = {
      {"5", "EXPIRE k 5", "data "},
      {"1m30s", "EXPIRE k 90", "data "},
      {"0", "EXPIRE k 0", "data "},
      {"-5s", "EXPIRE k 0", "data "},
      {"-5", "", "ttl value must be higher than zero: actual is '-5'"},
      {"soon", "", "ttl value must be a valid integer: actual is 'soon'"},
  };
  for (const Case& given : cases) {
    invoke("increment", {{"key", "k"}, {"ttlInSeconds", given.ttl}});
    EXPECT_EQ(redis_.take(kOne), "INCR k");
    if (!given.command.empty()) {
      EXPECT_EQ(redis_.take(kOne), given.command);
    }
    EXPECT_TRUE(redis_.asked.empty());
    EXPECT_EQ(answers_.back(), given.answer) << given.ttl;
  }
}

}  // namespace
}  // namespace ofn::localdapr
