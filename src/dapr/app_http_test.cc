// The app's end of Dapr's callbacks over HTTP, with exchanges in memory.
#include "dapr/app_http.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/exchange_for_test.h"

namespace ofn::dapr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using wire::FakeAnswer;
using wire::FakeExchange;

class FakeApp final : public AppApi {
 public:
  const std::vector<Subscription>& subscriptions() const override { return topics; }
  const std::vector<std::string>& input_bindings() const override { return bindings; }
  void on_topic_event(TopicEvent event, AppCallPtr call) override {
    topic = std::move(event);
    if (answer) answer(*call);
    if (keeps) kept = std::move(call);
  }
  void on_bulk_event(BulkEvent, AppCallPtr) override { FAIL(); }
  void on_binding_event(BindingEvent event, AppCallPtr call) override {
    binding = std::move(event);
    if (answer) answer(*call);
  }
  void on_unreadable(const Error& error) override { unreadable.push_back(error.text()); }
  bool ready() const override { return is_ready; }

  std::vector<Subscription> topics = {
      {.component = "bus",
       .topic = "orders",
       .metadata = {{"rawPayload", "true"}},
       .dead_letter_topic = "dead"},
      {.component = "bus",
       .topic = "a/b #",
       .rules = {{.match = "m", .path = "/special"}},
       .path = "/rest"},
      {.component = "other", .topic = "orders"},
      {.component = "picky", .topic = "few", .rules = {{.match = "m", .path = "/few/special"}}}};
  std::vector<std::string> bindings = {"tick", "my binding"};
  std::function<void(AppCall&)> answer = [](AppCall& call) { call.acknowledge(); };
  std::optional<TopicEvent> topic;
  std::optional<BindingEvent> binding;
  std::vector<std::string> unreadable;
  AppCallPtr kept;
  bool keeps = false;
  bool is_ready = true;
};

const std::vector<Field> kStructured = {{"content-type", "application/cloudevents+json"}};

// `more`: members after those that every event has.
std::string event_text(const std::string& more = "") {
  return R"({"specversion":"1.0","id":"1","source":"app","type":"t","datacontenttype":"text/plain",)"
         R"("data":"hello")" +
         more + "}";
}

class AppHttpTest : public ::testing::Test {
 protected:
  void make(std::string token = {}) {
    http_ = std::make_unique<AppHttp>(app_, AppHttpOptions{.api_token = std::move(token)});
  }
  void SetUp() override { make(); }
  // Returns status 0 if the request is for the function itself.
  FakeAnswer send(std::string method, std::string target, std::vector<Field> fields = {},
                  std::string body = {}) {
    wire::ExchangePtr exchange(last_ = new FakeExchange(loop_, answer_of_last_ = {},
                                                        {.method = std::move(method),
                                                         .target = std::move(target),
                                                         .fields = std::move(fields),
                                                         .body = std::move(body)}));
    if (http_->wants(exchange->request())) http_->handle(std::move(exchange));
    return answer_of_last_;
  }

  testing::ManualClock clock_;
  Loop loop_{clock_};
  FakeAnswer answer_of_last_;
  FakeApp app_;
  std::unique_ptr<AppHttp> http_;
  FakeExchange* last_ = nullptr;
};

TEST_F(AppHttpTest, SaysWhatTheAppWants) {
  const FakeAnswer answer = send("GET", "/dapr/subscribe");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      answer.body,
      R"([{"deadLetterTopic":"dead","metadata":{"rawPayload":"true"},"pubsubname":"bus",)"
      R"("route":"/orders","topic":"orders"},)"
      R"({"pubsubname":"bus","routes":{"default":"/rest","rules":[{"match":"m","path":"/special"}]},)"
      R"("topic":"a/b #"},)"
      R"({"pubsubname":"other","route":"/orders","topic":"orders"},)"
      R"({"pubsubname":"picky","routes":{"rules":[{"match":"m","path":"/few/special"}]},)"
      R"("topic":"few"}])");
  EXPECT_EQ(send("GET", "/dapr/config").body, "{}");
  EXPECT_EQ(send("OPTIONS", "/tick").status, 200);
  EXPECT_EQ(send("OPTIONS", "/my%20binding").status, 200);
}

TEST_F(AppHttpTest, WhatIsNoCallbackIsTheFunctions) {
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{{"OPTIONS", "/other"},
                                                        {"OPTIONS", "/orders"},
                                                        {"GET", "/tick"},
                                                        {"GET", "/"},
                                                        {"POST", "/"},
                                                        {"POST", "/dapr/subscribe"},
                                                        {"POST", "/orders/1"},
                                                        {"PUT", "/orders"},
                                                        {"OPTIONS", "*"},
                                                        {"POST", "*"}}) {
    EXPECT_EQ(send(method, target).status, 0) << method << " " << target;
  }
}

TEST_F(AppHttpTest, DeliversATopicsEvent) {
  struct Case {
    std::string target;
    std::string more;
    std::string component, topic;
  };
  for (const Case& c : {
           Case{"/orders", R"(,"pubsubname":"bus","topic":"orders")", "bus", "orders"},
           Case{"/orders?x=y", R"(,"pubsubname":"other","topic":"orders")", "other", "orders"},
           Case{"/rest", "", "bus", "a/b #"},  // the platform's proxy sends no more than this
           Case{"/rest", R"(,"pubsubname":"bus","topic":"orders")", "bus", "a/b #"},  // dead letter
           Case{"/special", "", "bus", "a/b #"},
           Case{"/a%2Fb%20%23", "", "bus", "a/b #"},
       }) {
    app_.topic.reset();
    EXPECT_EQ(send("POST", c.target, kStructured, event_text(c.more)).status, 200) << c.target;
    ASSERT_TRUE(app_.topic) << c.target;
    EXPECT_EQ(app_.topic->component, c.component);
    EXPECT_EQ(app_.topic->topic, c.topic);
    EXPECT_EQ(app_.topic->data, "hello");
    EXPECT_EQ(app_.topic->id, "1");
  }
}

// Over gRPC, the sidecar has parsed the event by Go's rules; over HTTP, the same text must give the
// same event.
TEST_F(AppHttpTest, WhatASidecarCanReadIsDelivered) {
  for (const std::string& text : {
           std::string("{}"),
           std::string(R"({"id":"1","id":"2","data":1,"data":2})"),
           std::string(R"({"specversion":"1.0","subject":"\ud800"})"),
           R"({"specversion":"1.0","data":)" + std::string(300, '[') + std::string(300, ']') + "}",
           std::string(R"({"specversion":"1.0","data":1,"data_base64":"AP8="})"),
       }) {
    app_.topic.reset();
    EXPECT_EQ(send("POST", "/orders", kStructured, text).body, R"({"status":"SUCCESS"})") << text;
    EXPECT_TRUE(app_.topic) << text;
  }
  EXPECT_THAT(app_.unreadable, ElementsAre());
}

// Otherwise the event would be delivered again for ever, and block the events behind it.
TEST_F(AppHttpTest, WhatIsNoEventAtAllIsDropped) {
  for (const char* text : {"", "x", "[1]", R"({"data_base64":"?"})", "{\"a\":\"\n\"}"}) {
    const FakeAnswer answer = send("POST", "/orders", {{"content-type", "text/plain"}}, text);
    EXPECT_EQ(answer.status, 200) << text;
    EXPECT_EQ(answer.body, R"({"status":"DROP"})") << text;
    EXPECT_FALSE(app_.topic) << text;
  }
  EXPECT_THAT(app_.unreadable, ElementsAre(HasSubstr("dropped"), HasSubstr("not JSON"),
                                           HasSubstr("object (path=/orders)"), HasSubstr("base64"),
                                           HasSubstr("not JSON")));
}

TEST_F(AppHttpTest, ATopicsEventHasTheMetadataOfItsCall) {
  std::vector<Field> fields = kStructured;
  fields.push_back({"__key", "k1"});
  EXPECT_EQ(send("POST", "/orders", fields, event_text()).status, 200);
  ASSERT_EQ(app_.topic->metadata.size(), 1U);
  EXPECT_EQ(app_.topic->metadata[0].name, "__key");
}

TEST_F(AppHttpTest, DeliversABindingsEvent) {
  EXPECT_EQ(send("POST", "/my%20binding", {{"readtimeutc", "now"}, {"dapr-api-token", "x"}},
                 std::string("\0x", 2))
                .status,
            200);
  ASSERT_TRUE(app_.binding);
  EXPECT_EQ(app_.binding->component, "my binding");
  EXPECT_EQ(app_.binding->data, std::string("\0x", 2));
  ASSERT_EQ(app_.binding->metadata.size(), 1U) << "the token is a secret";
  EXPECT_EQ(app_.binding->metadata[0].name, "readtimeutc");
}

TEST_F(AppHttpTest, OnlySuccessIs200AndNoFailureIsTakenForADrop) {
  struct Case {
    std::function<void(AppCall&)> answer;
    int status;
    std::string body;
  };
  const auto failing = [](Code code) {
    return [code](AppCall& call) { call.fail(Error(code, "why")); };
  };
  for (const Case& c : {
           Case{[](AppCall& call) { call.acknowledge(); }, 200, R"({"status":"SUCCESS"})"},
           Case{[](AppCall& call) { call.acknowledge(TopicStatus::kDrop); }, 200,
                R"({"status":"DROP"})"},
           Case{[](AppCall& call) { call.acknowledge(TopicStatus::kRetry); }, 500,
                "another delivery"},
           Case{failing(Code::kInternal), 500, "why"},
           Case{failing(Code::kNotFound), 500, "why"},
           Case{failing(Code::kUnimplemented), 500, "why"},
           Case{failing(Code::kFailedPrecondition), 500, "why"},
           Case{failing(Code::kUnavailable), 503, "why"},
           Case{failing(Code::kDeadlineExceeded), 504, "why"},
           Case{failing(Code::kResourceExhausted), 429, "why"},
           Case{nullptr, 500, "without an answer"},
       }) {
    app_.answer = c.answer;
    const FakeAnswer answer = send("POST", "/orders", kStructured, event_text());
    EXPECT_EQ(answer.count, 1);
    EXPECT_EQ(answer.status, c.status);
    EXPECT_THAT(answer.body, HasSubstr(c.body));
  }
}

TEST_F(AppHttpTest, TheTokenIsAskedOfEveryCallback) {
  make("secret");
  const std::vector<std::pair<std::string, std::string>> callbacks = {{"GET", "/dapr/subscribe"},
                                                                      {"GET", "/dapr/config"},
                                                                      {"OPTIONS", "/tick"},
                                                                      {"POST", "/tick"},
                                                                      {"POST", "/orders"}};
  for (const auto& [method, target] : callbacks) {
    std::vector<Field> fields = kStructured;
    EXPECT_EQ(send(method, target, fields, event_text()).status, 401) << target;
    fields.push_back({"Dapr-Api-Token", "secret"});
    EXPECT_EQ(send(method, target, fields, event_text()).status, 200) << target;
  }
  EXPECT_EQ(send("GET", "/healthz").status, 200);
}

TEST_F(AppHttpTest, HealthFollowsReadiness) {
  EXPECT_EQ(send("GET", "/healthz").status, 200);
  app_.is_ready = false;
  EXPECT_EQ(send("GET", "/healthz").status, 503);
}

TEST_F(AppHttpTest, ACallerThatOnlyFinishedSendingStillReads) {
  app_.answer = nullptr;
  app_.keeps = true;
  int cancelled = 0;
  send("POST", "/orders", kStructured, event_text());
  app_.kept->on_cancelled([&] { ++cancelled; });
  last_->finish_sending();
  EXPECT_EQ(cancelled, 0);
  last_->abandon();
  EXPECT_EQ(cancelled, 1);
  app_.kept.reset();
}

}  // namespace
}  // namespace ofn::dapr
