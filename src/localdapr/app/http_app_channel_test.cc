#include "localdapr/app/http_app_channel.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dapr/app_http.h"
#include "testing/manual_clock.h"

namespace ofn::localdapr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Verdict = AppAnswer::Verdict;

// The requests to an app, and its answers.
struct App {
  std::vector<std::string> asked;  // "METHOD URL name=value… [body]"
  std::deque<Result<wire::blocking::HttpReply>> replies;
};

wire::blocking::HttpReply reply(int status, std::string body = {}) {
  wire::blocking::HttpReply made;
  made.status = status;
  made.status_line = std::to_string(status) + " Words";
  made.body = std::move(body);
  return made;
}

class FakeClient final : public wire::blocking::HttpClient {
 public:
  explicit FakeClient(App& app) : app_(app) {}
  Result<wire::blocking::HttpReply> send(const wire::blocking::HttpCall& call) override {
    std::string line = std::string(call.method) + " " + call.url;
    for (const Header& header : call.headers) line += " " + header.name + "=" + header.value;
    if (call.has_body == wire::blocking::Body::kSent) line += " [" + std::string(call.body) + "]";
    app_.asked.push_back(line);
    if (app_.replies.empty()) return reply(200);
    auto reply = std::move(app_.replies.front());
    app_.replies.pop_front();
    return reply;
  }

 private:
  App& app_;
};

struct Bench {
  ofn::testing::ManualClock clock;
  Loop loop{clock};
  App app;
  InputRoutes routes;
  HttpAppChannel channel{loop,
                         std::make_unique<FakeClient>(app),
                         {"127.0.0.1", 80, {}},
                         "secret",
                         [this](Task task) { loop.post(std::move(task)); },
                         routes};

  template <class Message>
  AppAnswer deliver(const Message& message) {
    std::optional<AppAnswer> answer;
    channel.deliver(message, [&](AppAnswer given) { answer = std::move(given); });
    ofn::testing::settle(loop);
    return answer.value();
  }
};

TEST(HttpAppChannel, AsksForTopics) {
  Bench bench;
  std::optional<Result<std::vector<dapr::Subscription>>> listed;
  const auto ask = [&](Result<wire::blocking::HttpReply> answer) {
    bench.app.replies.push_back(std::move(answer));
    bench.channel.list_subscriptions([&](auto result) { listed = std::move(result); });
    ofn::testing::settle(bench.loop);
    return *std::exchange(listed, std::nullopt);
  };
  const auto topics = ask(reply(200, R"([
    {"pubsubname":"p","topic":"a/b"},
    {"pubsubname":"p","topic":"t","route":"r","metadata":{"rawPayload":"true","n":1},"deadLetterTopic":"dead"},
    {"pubsubname":"p","topic":"u","routes":{"rules":[{"match":"m","path":"/x"}],"default":"/y"}}])"));
  ASSERT_TRUE(topics);
  ASSERT_EQ(topics->size(), 3U);
  EXPECT_EQ((*topics)[0].path, "/a%2Fb");
  EXPECT_EQ((*topics)[1].path, "/r");
  EXPECT_EQ((*topics)[1].dead_letter_topic, "dead");
  ASSERT_EQ((*topics)[1].metadata.size(), 2U);
  EXPECT_EQ((*topics)[1].metadata[0].value, "1");
  EXPECT_EQ((*topics)[1].metadata[1].name, "rawPayload");
  EXPECT_EQ((*topics)[2].rules, (std::vector<dapr::Subscription::Rule>{{"m", "/x"}}));
  EXPECT_EQ((*topics)[2].path, "/y");
  EXPECT_THAT(bench.app.asked,
              ElementsAre("GET http://127.0.0.1:80/dapr/subscribe dapr-api-token=secret"));

  for (const wire::blocking::HttpReply& none :
       {reply(404), reply(500, "[]"), reply(200, "{"), reply(200, "[1]"),
        reply(200, R"([{"topic":"t"}])")}) {
    const auto empty = ask(none);
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->empty()) << none.body;
  }
  EXPECT_EQ(ask(fail(Code::kUnavailable, "refused")).error().code(), Code::kUnavailable);
}

TEST(HttpAppChannel, WhatAnAppListsItself) {
  dapr::Subscription one{.component = "p", .topic = "t", .dead_letter_topic = "d"};
  one.rules.push_back({"m", "/x"});
  one.path = "/y";
  for (const char* bad : {"", "{}", "[[]]", R"([{"pubsubname":"p","topic":1}])",
                          R"([{"pubsubname":"p","topic":"t","routes":{"rules":[1]}}])"}) {
    EXPECT_FALSE(dapr::decode_http_subscriptions(bad)) << bad;
  }
}

TEST(HttpAppChannel, AsksForEachBinding) {
  Bench bench;
  bench.app.replies = {reply(200), reply(404), reply(405)};
  std::optional<Result<std::vector<std::string>>> listed;
  bench.channel.list_inputs({"a b", "no", "c"}, [&](auto result) { listed = std::move(result); });
  ofn::testing::settle(bench.loop);
  EXPECT_THAT(bench.app.asked, ElementsAre(HasSubstr("OPTIONS http://127.0.0.1:80/c "),
                                           HasSubstr("/no "), HasSubstr("/a%20b ")));
  EXPECT_THAT(**listed, ElementsAre("c", "a b"));
  bench.app.replies = {fail(Code::kUnavailable, "refused")};
  bench.channel.list_inputs({"a"}, [&](auto result) { listed = std::move(result); });
  ofn::testing::settle(bench.loop);
  EXPECT_FALSE(*listed);
}

TEST(HttpAppChannel, DeliversWhatABindingBrings) {
  Bench bench;
  const dapr::BindingEvent event{
      .component = "tick",
      .data = "x",
      .metadata = {{"topic", "t"}, {"bad name", "1"}, {"b", "a\r\nc: d"}, {"Host", "evil"}}};
  EXPECT_EQ(bench.deliver(event).verdict, Verdict::kTaken);
  EXPECT_THAT(bench.app.asked,
              ElementsAre("POST http://127.0.0.1:80/tick content-type=application/json topic=t "
                          "dapr-api-token=secret [x]"));
  bench.app.replies = {reply(500), fail(Code::kUnavailable, "refused")};
  EXPECT_EQ(bench.deliver(event).verdict, Verdict::kRefused);
  EXPECT_EQ(bench.deliver(event).verdict, Verdict::kUnreachable);
}

// A request that the app may have seen counts as a delivery, because a request that crashes the app
// must not be repeated for ever.
TEST(HttpAppChannel, OnlyWhoCouldNotBeReachedHasSeenNothing) {
  for (const auto& [code, verdict] : {std::pair(Code::kUnavailable, Verdict::kUnreachable),
                                      std::pair(Code::kUnknown, Verdict::kRefused),
                                      std::pair(Code::kDeadlineExceeded, Verdict::kRefused),
                                      std::pair(Code::kInvalidArgument, Verdict::kRefused)}) {
    Bench bench;
    bench.app.replies = {fail(code, "why"), fail(code, "why")};
    for (const AppAnswer& answer :
         {bench.deliver(TopicMessage()), bench.deliver(dapr::BindingEvent())}) {
      EXPECT_EQ(answer.verdict, verdict) << code_name(code);
      EXPECT_EQ(answer.why, "why");
    }
  }
}

// The publisher sets the trace of an event.
TEST(HttpAppChannel, OnlyATraceGoesAlongAsOne) {
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  struct Case {
    std::string given;
    std::string sent;
  };
  for (const Case& c : {
           Case{trace, " traceparent=" + trace},
           Case{"01" + trace.substr(2) + "-more", " traceparent=" + trace},
           Case{"01" + trace.substr(2) + "-\r\nX-Injected: yes", " traceparent=" + trace},
           Case{"00\r\nX-Injected: yes", ""},
           Case{"00-1-2-01", ""},
           Case{"", ""},
       }) {
    Bench bench;
    TopicMessage message;
    message.event.path = "/r";
    message.traceparent = c.given;
    bench.deliver(message);
    EXPECT_THAT(bench.app.asked,
                ElementsAre("POST http://127.0.0.1:80/r content-type=application/cloudevents+json" +
                            c.sent + " dapr-api-token=secret []"));
  }
}

TEST(HttpAppChannel, ATopicsAnswer) {
  struct Case {
    wire::blocking::HttpReply answer;
    Verdict verdict;
    bool explained;
  };
  for (const Case& c :
       {Case{reply(200), Verdict::kTaken, false}, Case{reply(204), Verdict::kTaken, false},
        Case{reply(200, R"({"status":"SUCCESS"})"), Verdict::kTaken, false},
        Case{reply(200, "fine"), Verdict::kTaken, false},
        Case{reply(200, "[1]"), Verdict::kTaken, false},
        Case{reply(200, R"({"status":"RETRY"})"), Verdict::kRefused, true},
        Case{reply(200, R"({"status":"WHAT"})"), Verdict::kRefused, true},
        Case{reply(200, R"({"status":"DROP"})"), Verdict::kDropped, true},
        Case{reply(404), Verdict::kTaken, true}, Case{reply(500), Verdict::kRefused, true},
        Case{reply(302), Verdict::kRefused, true}}) {
    Bench bench;
    bench.app.replies = {c.answer};
    TopicMessage message;
    message.event.path = "/r";
    message.envelope = "{}";
    message.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const AppAnswer answer = bench.deliver(message);
    EXPECT_EQ(answer.verdict, c.verdict) << c.answer.status << c.answer.body;
    EXPECT_EQ(!answer.why.empty(), c.explained) << c.answer.status << c.answer.body;
    EXPECT_THAT(bench.app.asked,
                ElementsAre("POST http://127.0.0.1:80/r content-type=application/cloudevents+json "
                            "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 "
                            "dapr-api-token=secret [{}]"));
  }
}

}  // namespace
}  // namespace ofn::localdapr
