// Publisher, subscriber, binding and pubsub of MQTT, with a broker that the test plays.
#include <optional>
#include <testing/manual_clock.h>
#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/mqtt/component_for_test.h"
#include "localdapr/mqtt/fake_mqtt_link_for_test.h"
#include "localdapr/mqtt/mqtt_binding.h"
#include "localdapr/mqtt/mqtt_pubsub.h"
#include "localdapr/mqtt/mqtt_settings.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MqttTest : public ::testing::Test {
 protected:
  std::unique_ptr<MqttLink> link(FakeBrokerForTest& broker) {
    return std::make_unique<FakeMqttLinkForTest>(broker);
  }
  void pass(Duration time) {
    clock_.advance(time);
    testing::settle(loop_);
  }

  testing::ManualClock clock_;
  Loop loop_{clock_};
  testing::RecordingLog log_;
  FakeBrokerForTest broker_;
};

class MqttPublisherTest : public MqttTest {
 protected:
  void publish(std::string topic, int qos = 1, Deadline deadline = {}) {
    publisher_->publish({.topic = topic, .payload = "data", .qos = qos}, deadline,
                        [this, topic](const Result<void>& sent) {
                          told_.push_back(topic + ": " + (sent ? "sent" : sent.error().message()));
                        });
  }

  std::vector<std::string> told_;
  std::optional<MqttPublisher> publisher_{
      std::in_place, link(broker_),
      MqttPublisher::Options{.patience = 10s, .never_up = "never up", .unconfirmed = "unconfirmed"},
      loop_};
};

TEST_F(MqttPublisherTest, TellsWhenTheBrokerHasIt) {
  EXPECT_EQ(broker_.opened, 0) << "nothing is published";
  publish("a");
  EXPECT_EQ(broker_.opened, 1);
  EXPECT_THAT(broker_.sent, IsEmpty());
  broker_.come_up();
  ASSERT_EQ(broker_.sent.size(), 1U);
  EXPECT_EQ(broker_.sent[0].payload, "data");
  EXPECT_THAT(told_, IsEmpty());
  broker_.events->on_confirmed(7);  // not a message of this publisher
  EXPECT_THAT(told_, IsEmpty());
  broker_.events->on_confirmed(1);
  EXPECT_THAT(told_, ElementsAre("a: sent"));
  pass(11s);
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(MqttPublisherTest, GivesUpInTime) {
  publish("slow");
  publish("quick", 1, Deadline::in(3s, clock_));
  pass(3s);
  EXPECT_THAT(told_, ElementsAre("quick: never up"));
  broker_.come_up();
  ASSERT_EQ(broker_.sent.size(), 1U) << "a message that was given up is not sent";
  pass(7s);
  EXPECT_THAT(told_, ElementsAre("quick: never up", "slow: unconfirmed"));
  broker_.events->on_confirmed(1);
  EXPECT_EQ(told_.size(), 2U) << "once";
}

TEST_F(MqttPublisherTest, OutlastsALostConnection) {
  publish("a");
  publish("b", 0);
  broker_.come_up();
  broker_.go_down();
  EXPECT_THAT(told_, ElementsAre("b: unconfirmed")) << "messages of QoS 0 are not sent again";
  publish("c");
  EXPECT_EQ(broker_.sent.size(), 2U);
  broker_.come_up();
  EXPECT_EQ(broker_.sent.size(), 3U);
  broker_.events->on_confirmed(1);
  broker_.events->on_confirmed(3);
  EXPECT_THAT(told_, ElementsAre("b: unconfirmed", "a: sent", "c: sent"));
}

TEST_F(MqttPublisherTest, SaysWhatMqttDoesNotHave) {
  broker_.refuses = "#";
  publish("#");
  broker_.come_up();
  EXPECT_THAT(told_, ElementsAre("#: failed to publish: Invalid"));
}

TEST_F(MqttPublisherTest, HasFewUnderWayAndManyWaiting) {
  broker_.events = nullptr;
  publish("first");
  broker_.come_up();
  for (int i = 0; i < 10'020; ++i) publish("more");
  EXPECT_EQ(broker_.sent.size(), 20U);
  EXPECT_THAT(told_, ElementsAre("more: too many messages wait for the MQTT broker"));
  broker_.events->on_confirmed(1);
  EXPECT_EQ(broker_.sent.size(), 21U);
}

TEST_F(MqttPublisherTest, HoldsSoManyBytesOnly) {
  const std::string large(std::size_t{33} << 20, 'x');
  std::vector<Code> codes;
  for (int i = 0; i < 2; ++i) {
    publisher_->publish({.topic = "t", .payload = large}, {}, [&codes](const Result<void>& sent) {
      codes.push_back(sent.error().code());
    });
  }
  EXPECT_THAT(codes, ElementsAre(Code::kResourceExhausted));
  pass(10s);
  EXPECT_THAT(codes, ElementsAre(Code::kResourceExhausted, Code::kInternal));
  publisher_->publish({.topic = "t", .payload = large}, {}, [](const Result<void>&) {});
  EXPECT_EQ(codes.size(), 2U) << "messages that were given up take no room";
}

class MqttSubscriberTest : public MqttTest {
 protected:
  void subscribe(const std::string& topic) {
    subscriber_->subscribe(topic, [this, topic](const MqttMessage& message, Acknowledge done) {
      got_.push_back(topic + " got " + message.topic + ":" + message.payload);
      done_ = std::move(done);
    });
  }
  void come(std::string topic, std::string payload) {
    broker_.events->on_message({.topic = std::move(topic), .payload = std::move(payload)});
    testing::settle(loop_);
  }
  void answer(Taken taken) {
    std::exchange(done_, nullptr)(taken);
    testing::settle(loop_);
  }

  std::vector<std::string> got_;
  Acknowledge done_;
  std::optional<MqttSubscriber> subscriber_{std::in_place, link(broker_), 1, loop_, log_};
};

TEST_F(MqttSubscriberTest, SubscribesWheneverConnected) {
  subscribe("b");
  subscribe("a");
  EXPECT_EQ(broker_.opened, 1);
  broker_.come_up();
  EXPECT_THAT(broker_.subscribed, ElementsAre("a 1", "b 1"));
  broker_.go_down();
  broker_.come_up();
  EXPECT_EQ(broker_.subscribed.size(), 4U);
  subscribe("c");
  EXPECT_EQ(broker_.subscribed.back(), "c 1");
}

TEST_F(MqttSubscriberTest, AcknowledgesWhatWasTakenOneAfterTheOther) {
  subscribe("a/+");
  subscribe("a/b");
  broker_.come_up();
  come("a/b", "1");
  come("a/c", "2");
  EXPECT_THAT(got_, ElementsAre("a/b got a/b:1"));
  EXPECT_EQ(broker_.acknowledged, 0);
  answer(Taken::kYes);
  EXPECT_EQ(broker_.acknowledged, 1);
  EXPECT_THAT(got_, ElementsAre("a/b got a/b:1", "a/+ got a/c:2"));
  answer(Taken::kYes);
  EXPECT_EQ(broker_.acknowledged, 2);
}

TEST_F(MqttSubscriberTest, WhatIsNotTakenComesAgainEverLater) {
  subscribe("t");
  broker_.come_up();
  come("t", "1");
  for (const Duration pause : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
    const std::size_t before = got_.size();
    answer(Taken::kNo);
    pass(pause - 1ms);
    ASSERT_EQ(got_.size(), before) << pause.count();
    pass(1ms);
    ASSERT_EQ(got_.size(), before + 1) << pause.count();
  }
  EXPECT_EQ(broker_.acknowledged, 0);
  answer(Taken::kYes);
  EXPECT_EQ(broker_.acknowledged, 1);
  come("t", "2");
  answer(Taken::kNo);
  pass(100ms);
  EXPECT_EQ(got_.size(), 11U) << "the next message begins with a short pause";
}

TEST_F(MqttSubscriberTest, ALostConnectionForgetsWhatTheBrokerSendsAgain) {
  subscribe("t");
  broker_.come_up();
  come("t", "1");
  broker_.go_down();
  answer(Taken::kYes);
  EXPECT_EQ(broker_.acknowledged, 0) << "the message belongs to the previous connection";
  broker_.come_up();
  come("t", "1");
  EXPECT_EQ(got_.size(), 2U);
  answer(Taken::kNo);
  broker_.go_down();
  pass(1s);
  EXPECT_EQ(got_.size(), 2U) << "the message is not repeated from memory";
}

TEST_F(MqttSubscriberTest, StoppingWaitsForTheAnswer) {
  subscribe("t");
  broker_.come_up();
  come("t", "1");
  subscriber_->unsubscribe("t");
  EXPECT_EQ(broker_.closed, 0);
  answer(Taken::kYes);
  EXPECT_EQ(broker_.acknowledged, 1);
  EXPECT_EQ(broker_.closed, 1);
}

// The broker has given the client id to another connection.
TEST_F(MqttSubscriberTest, AStoppedOneDoesNotConnectAgain) {
  subscribe("t");
  broker_.come_up();
  come("t", "1");
  subscriber_->unsubscribe("t");
  broker_.go_down();
  EXPECT_EQ(broker_.closed, 1);
}

TEST_F(MqttSubscriberTest, StoppingLeavesWhatWasNotTakenToTheBroker) {
  subscribe("t");
  broker_.come_up();
  come("t", "1");
  subscriber_->unsubscribe("t");
  answer(Taken::kNo);
  EXPECT_EQ(broker_.acknowledged, 0);
  EXPECT_EQ(broker_.closed, 1);
  subscribe("t");
  EXPECT_EQ(broker_.opened, 2);
  broker_.come_up();
  come("t", "1");
  EXPECT_EQ(got_.size(), 2U);
}

TEST_F(MqttSubscriberTest, DropsWhatNobodyWantsAnyMore) {
  subscribe("a");
  subscribe("b");
  broker_.come_up();
  subscriber_->unsubscribe("a");
  come("a", "1");
  EXPECT_THAT(got_, IsEmpty());
  EXPECT_EQ(broker_.acknowledged, 1);
  EXPECT_THAT(log_.text(), ::testing::HasSubstr("has no subscription any more"));
}

TEST_F(MqttSubscriberTest, MayEndBeforeTheAnswer) {
  subscribe("t");
  broker_.come_up();
  come("t", "1");
  Acknowledge late = std::move(done_);
  subscriber_.reset();
  late(Taken::kYes);
  testing::settle(loop_);
  EXPECT_EQ(broker_.acknowledged, 0);
}

class MqttComponentTest : public MqttTest {
 protected:
  MakeMqttLink make_link() {
    return [this](std::string id, MqttRole role) -> Result<std::unique_ptr<MqttLink>> {
      const bool sends = role == MqttRole::kSends;
      clients_.push_back(std::move(id) + (sends ? " sends" : " receives"));
      return link(sends ? sends_ : receives_);
    };
  }

  std::vector<std::string> clients_;
  FakeBrokerForTest sends_;
  FakeBrokerForTest receives_;
};

TEST_F(MqttComponentTest, ABindingHearsAndSpeaks) {
  const auto settings = mqtt_binding_settings(binding_with("retain", "true"));
  auto input = *MqttInput::create("queue", *settings, make_link(), loop_, log_);
  auto output = *MqttOutput::create(*settings, make_link(), loop_);
  EXPECT_THAT(clients_, ElementsAre("me-consumer receives", "me-producer sends"));

  std::vector<dapr::BindingEvent> events;
  input->start([&events](dapr::BindingEvent event, Acknowledge done) {
    events.push_back(std::move(event));
    done(Taken::kYes);
  });
  receives_.come_up();
  receives_.events->on_message({.topic = "t", .payload = "hello"});
  testing::settle(loop_);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].component, "queue");
  EXPECT_EQ(events[0].data, "hello");
  ASSERT_EQ(events[0].metadata.size(), 1U);
  EXPECT_EQ(events[0].metadata[0].name + "=" + events[0].metadata[0].value, "topic=t");
  input->stop();
  EXPECT_EQ(receives_.closed, 1);

  int answered = 0;
  const auto count = [&answered](const Result<SidecarReply>& reply) { answered += reply ? 1 : 0; };
  EXPECT_THAT(output->operations(), ElementsAre("create"));
  output->invoke({.component = "queue", .operation = "create", .data = "1", .metadata = {}}, {},
                 count);
  output->invoke(
      {.component = "queue", .operation = "create", .data = "2", .metadata = {{"topic", "u"}}}, {},
      count);
  sends_.come_up();
  ASSERT_EQ(sends_.sent.size(), 2U);
  EXPECT_EQ(sends_.sent[0].topic, "t");
  EXPECT_TRUE(sends_.sent[0].retain);
  EXPECT_EQ(sends_.sent[1].topic, "u");
  sends_.events->on_confirmed(1);
  EXPECT_EQ(answered, 1);
}

TEST_F(MqttComponentTest, APubsubReceivesAtMostWithQosOne) {
  const auto settings = mqtt_pubsub_settings(
      component({{"url", "mqtt://h:1"}, {"qos", "2"}, {"consumerID", "me"}}), "app");
  auto pubsub = *MqttPubsub::create(*settings, make_link(), loop_, log_);
  EXPECT_THAT(clients_, ElementsAre("me-producer sends", "me receives"));

  std::vector<std::string> got;
  pubsub->subscribe("a/+", [&got](const BusMessage& message, Acknowledge done) {
    got.push_back(message.topic + ":" + message.data + " " + message.metadata[0].value);
    done(Taken::kYes);
  });
  receives_.come_up();
  EXPECT_THAT(receives_.subscribed, ElementsAre("a/+ 1"));
  receives_.events->on_message({.topic = "a/b", .payload = "x", .retained = true});
  testing::settle(loop_);
  EXPECT_THAT(got, ElementsAre("a/b:x true"));

  std::vector<std::string> words;
  for (const std::string retain : {"", "true", "maybe"}) {
    pubsub->publish(
        {.topic = "t", .data = "d", .metadata = {{"retain", retain}}},
        [&words](const Result<void>& sent) { words.push_back(sent.error().message()); });
  }
  EXPECT_THAT(words, ElementsAre("mqtt invalid retain maybe, strconv.ParseBool: parsing \"maybe\": "
                                 "invalid syntax"));
  sends_.come_up();
  ASSERT_EQ(sends_.sent.size(), 2U);
  EXPECT_EQ(sends_.sent[0].qos, 2);
  EXPECT_FALSE(sends_.sent[0].retain);
  EXPECT_TRUE(sends_.sent[1].retain);
}

}  // namespace
}  // namespace ofn::localdapr
