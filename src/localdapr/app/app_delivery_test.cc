#include "localdapr/app/app_delivery.h"

#include <deque>
#include <testing/manual_clock.h>
#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/cron/cron_binding.h"
#include "localdapr/memory/in_memory_pubsub.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Verdict = AppAnswer::Verdict;

// An app whose answers the test sets; they come from the loop.
class FakeApp final : public AppChannel {
 public:
  explicit FakeApp(Loop& loop) : loop_(loop) {}

  void list_subscriptions(Listed<std::vector<dapr::Subscription>> done) override {
    ++asked;
    loop_.post([this, done = std::move(done)]() mutable {
      if (listens) return done(subscriptions);
      done(fail(Code::kUnavailable, "refused"));
    });
  }
  void list_inputs(const std::vector<std::string>& /*offered*/,
                   Listed<std::vector<std::string>> done) override {
    loop_.post([this, done = std::move(done)]() mutable { done(inputs); });
  }
  bool hands_envelopes() const override { return false; }
  void deliver(const dapr::BindingEvent& event, Answered done) override {
    got.push_back(event.component);
    answer(std::move(done));
  }
  void deliver(const TopicMessage& message, Answered done) override {
    got.push_back(message.event.topic + ":" + message.event.data);
    answer(std::move(done));
  }
  void answer(Answered done) {
    AppAnswer next{.verdict = listens ? Verdict::kTaken : Verdict::kUnreachable};
    if (listens && !answers.empty()) {
      next = answers.front();
      answers.pop_front();
    }
    Task task = [next, done = std::move(done)]() mutable { done(next); };
    if (holds) return held.push_back(std::move(task));
    loop_.post(std::move(task));
  }

  Loop& loop_;
  bool listens = true;
  bool holds = false;
  std::vector<Task> held;  // answers
  int asked = 0;
  std::vector<dapr::Subscription> subscriptions = {{.component = "bus", .topic = "t"}};
  std::vector<std::string> inputs;
  std::deque<AppAnswer> answers;
  std::vector<std::string> got;
};

class AppDeliveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    pubsubs_.emplace("bus", std::make_unique<InMemoryPubsub>("bus", loop_, log_));
    Component component;
    component.name = "tick";
    component.properties = {{"schedule", "@every 1s"}};
    inputs_.emplace("tick", *CronBinding::create(component, loop_));
  }
  void start() {
    delivery_.start();
    settle();
  }
  void settle() { ofn::testing::settle(loop_); }
  void pass(Duration time) {
    clock_.advance(time);
    settle();
  }
  std::string publish(const std::string& topic, const std::string& data) {
    auto bytes = make_envelope(
        {.component = "bus", .topic = topic, .data = data, .content_type = {}, .metadata = {}}, {},
        "app", SystemTime(), random_);
    std::string answer;
    pubsubs_["bus"]->publish({.topic = topic, .data = *bytes}, [&](const Result<void>& done) {
      answer = done ? "ok" : done.error().text();
    });
    settle();
    return answer;
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  NullLog log_;
  Random random_;
  Inputs inputs_;
  Pubsubs pubsubs_;
  FakeApp app_{loop_};
  std::vector<std::string> outputs_;
  DeliveryRules rules_;
  AppDelivery delivery_{inputs_,
                        pubsubs_,
                        app_,
                        [this](const std::string& component, const std::string& data) {
                          outputs_.push_back(component + ":" + data);
                        },
                        loop_,
                        log_,
                        rules_};
};

TEST_F(AppDeliveryTest, DeliversWhatIsSubscribedTo) {
  start();
  EXPECT_EQ(publish("t", "1"), "ok");
  EXPECT_EQ(publish("other", "2"), "ok");
  EXPECT_EQ(publish("t", "3"), "ok");
  EXPECT_THAT(app_.got, ElementsAre("t:1", "t:3"));
}

// A topic that ends in * matches every longer topic with that beginning. The app gets the
// subscribed topic's name.
TEST_F(AppDeliveryTest, ASubscriptionMayEndInAStar) {
  app_.subscriptions.clear();
  for (const char* topic : {"orders*", "orders.new", "*", "o*s"}) {
    app_.subscriptions.push_back({.component = "bus", .topic = topic});
  }
  start();
  struct Case {
    std::string topic;
    std::vector<std::string> got;
  };
  for (const Case& c : {
           Case{"orders.new", {"*:x", "orders*:x", "orders.new:x"}},
           Case{"orders.old", {"*:x", "orders*:x"}},
           Case{"orders", {"*:x"}},
           Case{"order", {"*:x"}},
           Case{"orders*", {"*:x", "orders*:x"}},
           Case{"ons", {"*:x"}},
           Case{"o*s", {"*:x", "o*s:x"}},
       }) {
    app_.got.clear();
    EXPECT_EQ(publish(c.topic, "x"), "ok");
    EXPECT_THAT(app_.got, ::testing::UnorderedElementsAreArray(c.got)) << c.topic;
  }
}

TEST_F(AppDeliveryTest, RedeliversTenTimesInOrder) {
  app_.answers.assign(12, {.verdict = Verdict::kRefused, .why = "no"});
  start();
  publish("t", "1");
  publish("t", "2");
  EXPECT_THAT(app_.got, ElementsAre("t:1"));
  for (int i = 0; i < 9; ++i) pass(100ms);
  EXPECT_EQ(app_.got, [] {
    std::vector<std::string> ten(10, "t:1");
    ten.emplace_back("t:2");  // the first delivery is lost
    return ten;
  }()) << "one more answer is left for the second message";
  pass(100ms);
  pass(100ms);
  EXPECT_EQ(app_.got.size(), 13U);
  pass(1s);
  EXPECT_EQ(app_.got.size(), 13U);
}

TEST_F(AppDeliveryTest, DeadLettersWhatIsNotTaken) {
  app_.subscriptions = {{.component = "bus", .topic = "t", .dead_letter_topic = "dead"},
                        {.component = "bus", .topic = "dead"}};
  for (const Verdict verdict : {Verdict::kRefused, Verdict::kDropped}) {
    app_.got.clear();
    app_.answers = {{.verdict = verdict, .why = "no"}};
    start();
    publish("t", "1");
    pass(1s);
    EXPECT_THAT(app_.got, ElementsAre("t:1", "dead:1"));
  }
}

TEST_F(AppDeliveryTest, DropsWhatMustNotComeAgain) {
  app_.answers = {{.verdict = Verdict::kDropped, .why = "no"}};
  start();
  publish("t", "1");
  pass(1s);
  EXPECT_THAT(app_.got, ElementsAre("t:1"));
}

TEST_F(AppDeliveryTest, WaitsForAnAppThatIsAway) {
  app_.listens = false;
  start();
  EXPECT_EQ(app_.asked, 1);
  pass(100ms);
  EXPECT_EQ(app_.asked, 2);
  app_.listens = true;
  pass(100ms);
  publish("t", "1");
  EXPECT_THAT(app_.got, ElementsAre("t:1"));

  app_.listens = false;
  publish("t", "2");
  publish("t", "3");
  for (int i = 0; i < 50; ++i) pass(100ms);
  app_.got.clear();
  app_.listens = true;
  app_.subscriptions.push_back({.component = "bus", .topic = "new"});
  pass(100ms);
  EXPECT_THAT(app_.got, ElementsAre("t:2", "t:3"))
      << "an unreachable app has not refused the message";
  publish("new", "4");
  EXPECT_EQ(app_.got.back(), "new:4");
}

// A component that starts anew, while others go on: the app is asked again, and its old messages do not come.
TEST_F(AppDeliveryTest, AReplacedComponentIsSubscribedAnew) {
  app_.subscriptions.push_back({.component = "other", .topic = "t"});
  pubsubs_.emplace("other", std::make_unique<InMemoryPubsub>("other", loop_, log_));
  app_.inputs = {"tick"};
  start();
  app_.listens = false;
  publish("t", "1");  // waits for the app
  delivery_.hold();
  delivery_.forget("bus");
  pubsubs_["bus"] = std::make_unique<InMemoryPubsub>("bus", loop_, log_);
  const int asked = app_.asked;
  delivery_.components_changed();
  EXPECT_EQ(app_.asked, asked) << "there is no app";
  app_.listens = true;
  app_.got.clear();
  start();
  publish("t", "2");
  EXPECT_THAT(app_.got, ElementsAre("t:2"));
  delivery_.forget("bus");
  delivery_.forget("tick");
  inputs_.erase("tick");
  pubsubs_["bus"] = std::make_unique<InMemoryPubsub>("bus", loop_, log_);
  publish("t", "3");
  delivery_.components_changed();
  settle();
  publish("t", "4");
  pass(2s);
  EXPECT_THAT(app_.got, ElementsAre("t:2", "t:4"));
}

TEST_F(AppDeliveryTest, RefusesMoreThanItCanKeep) {
  app_.listens = true;
  start();
  app_.listens = false;
  std::string answer = "ok";
  int accepted = 0;
  for (; answer == "ok" && accepted < 20'000; ++accepted) {
    pubsubs_["bus"]->publish({.topic = "t", .data = "{}"}, [&](const Result<void>& done) {
      answer = done ? "ok" : done.error().text();
    });
  }
  EXPECT_EQ(accepted, 10'001);
  EXPECT_EQ(answer, "10000 messages wait for the app that subscribes to the topic");
}

TEST_F(AppDeliveryTest, WhatOneSubscriptionHasNoRoomForNoneGets) {
  Pubsub& bus = *pubsubs_["bus"];
  std::vector<std::string> got;
  const auto never_done = [&got](const BusMessage& message, const Acknowledge& /*done*/) {
    got.push_back(message.topic);
  };
  int accepted = 0;
  const auto count = [&accepted](const Result<void>& done) { accepted += done ? 1 : 0; };
  bus.subscribe("t", never_done);
  for (int i = 0; i < 10'000; ++i) bus.publish({.topic = "t", .data = "{}"}, count);
  bus.subscribe("*", never_done);
  bus.publish({.topic = "t", .data = "{}"}, count);
  EXPECT_EQ(accepted, 10'000);
  EXPECT_THAT(got, ElementsAre("t"));
  bus.publish({.topic = "other", .data = "{}"}, count);
  EXPECT_THAT(got, ElementsAre("t", "*"));
}

TEST_F(AppDeliveryTest, RunsOnlyInputsThatTheAppWants) {
  start();
  pass(3s);
  EXPECT_THAT(app_.got, IsEmpty());
}

TEST_F(AppDeliveryTest, CronCallsTheAppAndItsAnswerTheOutputs) {
  app_.inputs = {"tick"};
  app_.answers = {{.reply = {.data = "d", .to = {"a", "b"}}}, {.verdict = Verdict::kRefused}};
  start();
  for (int i = 0; i < 3; ++i) pass(1s);
  EXPECT_THAT(app_.got, ElementsAre("tick", "tick", "tick"));
  EXPECT_THAT(outputs_, ElementsAre("a:d", "b:d"));
  delivery_.stop();
  pass(5s);
  EXPECT_EQ(app_.got.size(), 3U);
}

// A bus that records the results of each message.
class ToldPubsub final : public Pubsub {
 public:
  explicit ToldPubsub(Repeats repeats = Repeats::kApart) : repeats_(repeats) {}
  void publish(BusMessage message, dapr::PublishDone done) override {
    on_message_(message, [this](Taken taken) { told.push_back(taken); });
    done({});
  }
  void subscribe(const std::string& /*topic*/, OnMessage on_message) override {
    on_message_ = std::move(on_message);
  }
  void unsubscribe(const std::string& /*topic*/) override {}
  Repeats repeats() const override { return repeats_; }

  std::vector<Taken> told;

 private:
  Repeats repeats_;
  OnMessage on_message_;
};

TEST_F(AppDeliveryTest, WhatIsUnderWayWhenItStopsIsStillAcknowledged) {
  auto bus = std::make_unique<ToldPubsub>();
  const std::vector<Taken>& told = bus->told;
  pubsubs_["bus"] = std::move(bus);
  start();
  app_.answers = {{}, {.verdict = Verdict::kRefused, .why = "no"}};
  app_.holds = true;
  publish("t", "1");
  publish("t", "2");
  ASSERT_EQ(app_.held.size(), 2U);
  delivery_.stop();
  bool is_idle = false;
  delivery_.when_idle([&is_idle] { is_idle = true; });
  settle();
  EXPECT_FALSE(is_idle);
  for (Task& answer : app_.held) answer();
  settle();
  EXPECT_THAT(told, ElementsAre(Taken::kYes)) << "the other message is not acknowledged";
  EXPECT_TRUE(is_idle);
}

TEST_F(AppDeliveryTest, IsIdleAtOnceWhenNothingIsUnderWay) {
  start();
  publish("t", "1");
  bool is_idle = false;
  delivery_.when_idle([&is_idle] { is_idle = true; });
  EXPECT_TRUE(is_idle);
}

TEST_F(AppDeliveryTest, WhatIsNoEventIsNotDelivered) {
  app_.subscriptions[0].dead_letter_topic = "dead";
  app_.subscriptions.push_back(
      {.component = "bus", .topic = "dead", .metadata = {{"rawPayload", "true"}}});
  start();
  pubsubs_["bus"]->publish({.topic = "t", .data = "no event"}, [](const Result<void>&) {});
  settle();
  EXPECT_THAT(app_.got, ElementsAre("dead:no event"));
}

// Without a dead-letter topic, an unreadable message is acknowledged if it would otherwise block
// its bus for ever. If not, the bus repeats it by its own rule, as with daprd.
TEST_F(AppDeliveryTest, WhatIsNoEventHoldsNothingUpForEver) {
  app_.subscriptions = {{.component = "apart", .topic = "t"},
                        {.component = "in front", .topic = "t"}};
  auto apart = std::make_unique<ToldPubsub>(Pubsub::Repeats::kApart);
  auto in_front = std::make_unique<ToldPubsub>(Pubsub::Repeats::kInFront);
  const std::vector<Taken>& told_apart = apart->told;
  const std::vector<Taken>& told_in_front = in_front->told;
  pubsubs_["apart"] = std::move(apart);
  pubsubs_["in front"] = std::move(in_front);
  start();
  for (const char* bus : {"apart", "in front"}) {
    pubsubs_[bus]->publish({.topic = "t", .data = "no event"}, [](const Result<void>&) {});
  }
  EXPECT_THAT(told_apart, ElementsAre(Taken::kNo));
  EXPECT_THAT(told_in_front, ElementsAre(Taken::kYes));
  EXPECT_THAT(app_.got, IsEmpty());
}

TEST_F(AppDeliveryTest, WhatIsNoEventIsLostInMemoryAsWhatIsNotTaken) {
  start();
  pubsubs_["bus"]->publish({.topic = "t", .data = "no event"}, [](const Result<void>&) {});
  publish("t", "1");
  for (int i = 0; i < 8; ++i) pass(100ms);
  EXPECT_THAT(app_.got, IsEmpty());
  pass(100ms);
  EXPECT_THAT(app_.got, ElementsAre("t:1"));
}

// Deliveries with the rules of component files, and a log that the test reads.
class RuledDeliveryTest : public AppDeliveryTest {
 protected:
  void start_with(DeliveryRules rules) {
    rules_ = std::move(rules);
    ruled_.emplace(
        inputs_, pubsubs_, app_, [](const std::string&, const std::string&) {}, loop_, log_kept_,
        rules_);
    ruled_->start();
    settle();
  }
  static TopicScopes scopes(std::vector<Header> properties) {
    Component component;
    component.properties = std::move(properties);
    return {component, "app"};
  }
  ofn::testing::RecordingLog log_kept_;
  std::optional<AppDelivery> ruled_;
};

TEST_F(RuledDeliveryTest, ATopicThatIsNotAllowedIsNotSubscribedTo) {
  app_.subscriptions = {{.component = "bus", .topic = "t"}, {.component = "bus", .topic = "u"}};
  DeliveryRules rules;
  rules.scopes.emplace("bus", scopes({{"subscriptionScopes", "app=u"}}));
  start_with(std::move(rules));
  publish("t", "1");
  publish("u", "2");
  EXPECT_THAT(app_.got, ElementsAre("u:2"));
  EXPECT_THAT(log_kept_.text(), AllOf(HasSubstr("error: the app may not subscribe"),
                                      HasSubstr("topic=t"), Not(HasSubstr("topic=u"))));
}

TEST_F(RuledDeliveryTest, ADeadLetterTopicThatIsNotAllowedGetsNothing) {
  app_.subscriptions = {{.component = "bus", .topic = "t", .dead_letter_topic = "dead"},
                        {.component = "bus", .topic = "dead"}};
  DeliveryRules rules;
  rules.scopes.emplace("bus", scopes({{"publishingScopes", "app=t"}}));
  start_with(std::move(rules));
  EXPECT_THAT(log_kept_.text(), HasSubstr("may not publish to its dead-letter topic"));
  app_.answers.assign(1, {.verdict = Verdict::kRefused, .why = "no"});
  publish("t", "1");
  pass(100ms);
  EXPECT_THAT(app_.got, ElementsAre("t:1", "t:1"));  // as a message without a dead-letter topic
}

TEST_F(RuledDeliveryTest, ABindingWhoseDirectionIsInputStartsUnasked) {
  app_.inputs = {};
  DeliveryRules rules;
  rules.started_unasked.insert("tick");
  start_with(std::move(rules));
  pass(1s);
  EXPECT_THAT(app_.got, ElementsAre("tick"));
}

TEST_F(RuledDeliveryTest, DataThatDaprDropsIsToldOncePerTopicAndType) {
  start_with({});
  for (const char* type :
       {"application/vnd.a+json", "application/vnd.a+json", "image/png", "text/plain"}) {
    pubsubs_["bus"]->publish(
        {.topic = "t",
         .data = std::string(R"({"id":"1","data":"x","datacontenttype":")") + type + "\"}"},
        [](const Result<void>&) {});
    settle();
  }
  EXPECT_THAT(app_.got, ElementsAre("t:", "t:", "t:", "t:x"));
  const std::string text = log_kept_.text();
  const auto count = [&text](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("an event without its data"), 2U);
  EXPECT_EQ(count("datacontenttype=application/vnd.a+json"), 1U);
  EXPECT_EQ(count("datacontenttype=image/png"), 1U);
}

TEST_F(RuledDeliveryTest, DataThatCannotBeReadIsNoDelivery) {
  start_with({});
  pubsubs_["bus"]->publish({.topic = "t", .data = R"({"id":"1","data_base64":"?"})"},
                           [](const Result<void>&) {});
  settle();
  EXPECT_THAT(app_.got, IsEmpty());
  EXPECT_THAT(log_kept_.text(), HasSubstr("data_base64 is not base64 text"));
}

TEST_F(RuledDeliveryTest, BulkIsToldToBeOneByOne) {
  app_.subscriptions[0].bulk = dapr::Subscription::Bulk{};
  start_with({});
  EXPECT_THAT(log_kept_.text(), HasSubstr("warning: events are delivered one by one"));
}

}  // namespace
}  // namespace ofn::localdapr
