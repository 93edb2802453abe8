// Settings, binding and pubsub of Redis. The test plays Redis.
#include <testing/manual_clock.h>
#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/redis/fake_redis_link_for_test.h"
#include "localdapr/redis/redis_binding.h"
#include "localdapr/redis/redis_pubsub.h"
#include "localdapr/redis/redis_settings.h"

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
       "redis client configuration error: decode failed. 1 error(s) decoding:\n\n* error decoding "
       "'redisDB': invalid int \"x\""},
      {"concurrency", "1x", "'concurrency': invalid uint \"1x\""},
      {"queueDepth", "-1", "'queueDepth': invalid uint \"-1\""},
      {"maxLenApprox", "x", "'maxLenApprox': invalid int64 \"x\""},
      {"processingTimeout", "soon", "'processingTimeout': invalid duration \"soon\""},
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
    EXPECT_TRUE(redis_.asked.empty()) << "no time to live is set if nothing was written";
  }
}

TEST_F(RedisBindingTest, WhatIsWrittenMayExpire) {
  struct Case {
    std::string ttl;
    std::string command;  // empty if there is an error
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

RedisReply text(std::string value) {
  return {.kind = RedisReply::Kind::kText, .text = std::move(value)};
}
RedisReply array(std::vector<RedisReply> elements) {
  return {.kind = RedisReply::Kind::kArray, .elements = std::move(elements)};
}
RedisReply entry(std::string id, std::string data) {
  return array({text(std::move(id)), array({text("data"), text(std::move(data))})});
}
// The answer to XREADGROUP.
RedisReply brought(std::vector<RedisReply> entries) {
  return array({array({text("t"), array(std::move(entries))})});
}
// The answer to XPENDING.
RedisReply pending(std::string id, std::int64_t idle) {
  return array({text(std::move(id)),
                text("me"),
                {.kind = RedisReply::Kind::kInteger, .integer = idle},
                kOne});
}

class RedisPubsubTest : public RedisTest {
 protected:
  // The first link is for commands that do not block.
  void make(std::vector<Header> properties) {
    properties.push_back({"consumerID", "me"});
    const MakeRedisLink make_link = [this] {
      const bool is_first = std::exchange(is_first_, false);
      return link(is_first ? redis_ : reads_);
    };
    pubsub_ = std::make_unique<RedisPubsub>(
        *redis_settings(component(std::move(properties)), "app"), make_link, loop_, log_);
  }
  // Subscribes, and joins the group; no entry is pending.
  void subscribe() {
    pubsub_->subscribe("t", [this](const BusMessage& message, Acknowledge done) {
      std::string got = message.data;
      for (const Header& header : message.metadata) got += " " + header.name + "=" + header.value;
      got_.push_back(std::move(got));
      answers_.push_back(std::move(done));
    });
    EXPECT_EQ(reads_.take(kOk), "XGROUP CREATE t me 0 MKSTREAM");
  }
  void answer(std::size_t which, Taken taken) {
    answers_.at(which)(taken);
    testing::settle(loop_);
  }
  std::string read(Result<RedisReply> reply) {
    std::string command = reads_.take(std::move(reply));
    testing::settle(loop_);
    return command;
  }
  void pass(Duration time) {
    clock_.advance(time);
    testing::settle(loop_);
  }

  FakeRedisForTest reads_;
  bool is_first_ = true;
  std::unique_ptr<RedisPubsub> pubsub_;
  std::vector<std::string> got_;
  std::vector<Acknowledge> answers_;
};

TEST_F(RedisPubsubTest, PublishesAsDaprdDoes) {
  struct Case {
    std::vector<Header> properties;
    std::vector<Header> metadata;
    std::string command;
  };
  const std::vector<Case> cases = {
      {{}, {}, "XADD t * data d"},
      {{}, {{"b", "<"}, {"a", "1"}}, R"(XADD t * data d metadata {"a":"1","b":"\u003c"})"},
      {{{"maxLenApprox", "7"}, {"streamTTL", "1h"}}, {}, "XADD t MAXLEN ~ 7 * data d"},
      // An hour before the first of January 2024.
      {{{"streamTTL", "1h"}}, {}, "XADD t MINID ~ 1704063600000-1 * data d"},
  };
  for (const Case& given : cases) {
    is_first_ = true;
    make(given.properties);
    std::string told = "nothing";
    const auto tell = [&told](const Result<void>& sent) {
      told = sent ? "sent" : sent.error().message();
    };
    pubsub_->publish({.topic = "t", .data = "d", .metadata = given.metadata}, tell);
    EXPECT_EQ(told, "nothing");
    EXPECT_EQ(redis_.take(text("1-0")), given.command);
    EXPECT_EQ(told, "sent");
    pubsub_->publish({.topic = "t", .data = "d", .metadata = {}}, tell);
    redis_.take(fail(Code::kInternal, "OOM"));
    EXPECT_EQ(told, "redis streams: error from publish: OOM");
  }
}

TEST_F(RedisPubsubTest, AcknowledgesWhatTheAppHasTaken) {
  make({{"redeliverInterval", "0"}});
  subscribe();
  EXPECT_EQ(read(brought({entry("1-0", "a"), entry("2-0", "b")})),
            "XREADGROUP GROUP me me COUNT 100 BLOCK 5000 STREAMS t >");
  EXPECT_THAT(got_, ElementsAre("a", "b"));
  EXPECT_TRUE(redis_.asked.empty());
  answer(1, Taken::kYes);
  EXPECT_EQ(redis_.take(kOne), "XACK t me 2-0");
  answer(0, Taken::kNo);
  EXPECT_TRUE(redis_.asked.empty()) << "a failure stays pending";
  pass(1h);
  EXPECT_TRUE(redis_.asked.empty()) << "nothing comes again if the interval is 0";
}

TEST_F(RedisPubsubTest, AnAcknowledgementThatIsLostIsSentAgain) {
  make({});
  subscribe();
  EXPECT_EQ(redis_.take(array({})), "XPENDING t me - + 100");
  read(brought({entry("1-0", "a")}));
  answer(0, Taken::kYes);
  EXPECT_EQ(redis_.take(fail(Code::kUnavailable, "lost")), "XACK t me 1-0");
  EXPECT_EQ(redis_.take(kOne), "XACK t me 1-0");
  EXPECT_TRUE(redis_.asked.empty());
}

TEST_F(RedisPubsubTest, ReadsTheMetadataOfAnEntry) {
  make({});
  subscribe();
  const auto with = [](std::string metadata) {
    return array({text("1-" + metadata), array({text("metadata"), text(metadata), text("data"),
                                                text("d"), text("other"), text("x")})});
  };
  read(brought({with(R"({"a":"1"})"), with("[]"), with(R"({"a":1})"), with("{")}));
  EXPECT_THAT(got_, ElementsAre("d a=1", "d", "d", "d"));
  EXPECT_THAT(log_.text(), HasSubstr("warning: the metadata of an entry in Redis cannot be read"));
}

TEST_F(RedisPubsubTest, HasAsManyUnderWayAndWaitingAsItMay) {
  make({{"concurrency", "2"}, {"queueDepth", "3"}});
  subscribe();
  EXPECT_EQ(read(brought({entry("1-0", "a"), entry("2-0", "b"), entry("3-0", "c")})),
            "XREADGROUP GROUP me me COUNT 3 BLOCK 5000 STREAMS t >");
  EXPECT_THAT(got_, ElementsAre("a", "b"));
  EXPECT_EQ(read(brought({entry("4-0", "d"), entry("5-0", "e")})),
            "XREADGROUP GROUP me me COUNT 2 BLOCK 5000 STREAMS t >");
  EXPECT_TRUE(reads_.asked.empty()) << "there is no room";
  answer(0, Taken::kNo);
  EXPECT_THAT(got_, ElementsAre("a", "b", "c"));
  EXPECT_EQ(read({}), "XREADGROUP GROUP me me COUNT 1 BLOCK 5000 STREAMS t >");
}

TEST_F(RedisPubsubTest, ClaimsWhatIsPendingForLong) {
  make({{"processingTimeout", "60s"}, {"redeliverInterval", "15s"}, {"queueDepth", "3"}});
  subscribe();
  read(brought({entry("9-0", "held")}));
  EXPECT_EQ(
      redis_.take(array({pending("1-0", 60'000), pending("2-0", 59'999), pending("9-0", 70'000)})),
      "XPENDING t me - + 3");
  EXPECT_EQ(redis_.take(array({entry("1-0", "failed")})), "XCLAIM t me me 60000 1-0");
  // There may be more pending entries than one command asks for.
  EXPECT_EQ(redis_.take(array({pending("9-1", 60'000)})), "XPENDING t me 9-1 + 3");
  EXPECT_EQ(redis_.take(array({RedisReply{}})), "XCLAIM t me me 60000 9-1");
  EXPECT_EQ(redis_.take(kOne), "XACK t me 9-1") << "the entry was deleted";
  testing::settle(loop_);
  EXPECT_THAT(got_, ElementsAre("held", "failed"));
  EXPECT_TRUE(redis_.asked.empty());
  pass(15s);
  EXPECT_EQ(redis_.take(array({})), "XPENDING t me - + 3");
}

TEST_F(RedisPubsubTest, JoinsTheGroupAgainWhereRedisHasLostIt) {
  make({{"redeliverInterval", "0"}});
  subscribe();
  read(fail(Code::kInternal, "NOGROUP No such key 't'"));
  EXPECT_TRUE(reads_.asked.empty());
  pass(1s);
  EXPECT_EQ(read(fail(Code::kInternal, "BUSYGROUP Consumer Group name already exists")),
            "XGROUP CREATE t me 0 MKSTREAM");
  EXPECT_EQ(read({}), "XREADGROUP GROUP me me COUNT 100 BLOCK 5000 STREAMS t >");
  EXPECT_EQ(reads_.asked.size(), 1U);
}

TEST_F(RedisPubsubTest, WhoEndsStillAcknowledges) {
  make({{"concurrency", "1"}, {"redeliverInterval", "0"}});
  subscribe();
  read(brought({entry("1-0", "a"), entry("2-0", "b")}));
  pubsub_->unsubscribe("t");
  answer(0, Taken::kYes);
  EXPECT_EQ(redis_.take(kOne), "XACK t me 1-0");
  EXPECT_THAT(got_, ElementsAre("a")) << "waiting entries stay pending";
  pubsub_.reset();
}

TEST_F(RedisPubsubTest, AnAnswerMayComeWhenItIsGone) {
  make({});
  subscribe();
  read(brought({entry("1-0", "a")}));
  pubsub_.reset();
  answer(0, Taken::kYes);
}

}  // namespace
}  // namespace ofn::localdapr
