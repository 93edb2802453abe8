// The app's end of Dapr's callbacks over real connections.
#include "dapr/app_server.h"

#include <chrono>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dapr/codec.h"
#include "dapr/invoke_codec.h"
#include "dapr/trace_context.h"
#include "wire/grpc/channel.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::dapr {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// Records the calls. Answers as `answer` says, or keeps the call.
class FakeApp final : public AppApi {
 public:
  FakeApp() { subscribed.push_back({.component = "bus", .topic = "orders"}); }
  const std::vector<Subscription>& subscriptions() const override { return subscribed; }
  const std::vector<std::string>& input_bindings() const override { return bindings; }
  void on_topic_event(TopicEvent event, AppCallPtr call) override {
    topics.push_back(std::move(event));
    came(std::move(call));
  }
  void on_bulk_event(BulkEvent event, AppCallPtr call) override {
    bulks.push_back(std::move(event));
    came(std::move(call));
  }
  void on_binding_event(BindingEvent event, AppCallPtr call) override {
    inputs.push_back(std::move(event));
    came(std::move(call));
  }
  void on_unreadable(const Error& error) override { unreadable.push_back(error.text()); }
  bool ready() const override { return is_ready; }

  void came(AppCallPtr call) {
    call->on_cancelled([this] { ++cancelled; });
    traceparent = call->traceparent();
    deadline = call->deadline();
    kept = std::move(call);
    if (answer) answer(*kept);
    if (answer || drops) kept.reset();
  }

  std::vector<Subscription> subscribed;
  std::vector<std::string> bindings = {"tick"};
  std::vector<TopicEvent> topics;
  std::vector<BulkEvent> bulks;
  std::vector<BindingEvent> inputs;
  std::vector<std::string> unreadable;
  std::function<void(AppCall&)> answer = [](AppCall& call) { call.acknowledge(); };
  bool drops = false;
  bool is_ready = true;
  AppCallPtr kept;
  int cancelled = 0;
  std::string traceparent;
  Deadline deadline;
};

struct Reply {
  Code code = Code::kOk;
  std::string message;  // of the status
  std::string bytes;
};

class AppServerTest : public ::testing::Test {
 protected:
  void SetUp() override { make({}); }
  void TearDown() override {
    app_.kept.reset();
    bool closed = false;
    channel_->close([&] { closed = true; });
    run_until([&] { return closed; });
    stop();
  }
  void make(AppServerOptions options) {
    if (listener_) stop();
    server_ = std::make_unique<AppServer>(app_, std::move(options));
    sessions_ = std::make_unique<wire::HttpSessions>(*server_, limits_, log_);
    listener_ = std::make_unique<wire::Server>(
        loops_, [this](Loop&) { return sessions_->make(); }, limits_, log_);
    endpoint_ = *listener_->listen({.host = "127.0.0.1", .port = 0, .unix_path = ""});
    if (channel_) {
      bool closed = false;
      channel_->close([&] { closed = true; });
      run_until([&] { return closed; });
    }
    channel_ = std::make_unique<wire::grpc::Channel>(
        loop_, wire::grpc::connector_to(loop_, endpoint_, limits_), wire::grpc::ChannelOptions{});
  }
  void stop() {
    bool drained = false;
    listener_->drain([&] { drained = true; });
    run_until([&] { return drained; });
  }
  void run_until(const std::function<bool()>& done) {
    while (!done()) loop_.poll();
  }
  Reply call(std::string_view path, std::string_view request, std::vector<Field> metadata = {},
             Deadline deadline = Deadline::never()) {
    std::optional<Reply> reply;
    channel_->call(path, request, {.deadline = deadline, .metadata = metadata},
                   [&](const wire::grpc::CallResult& result) {
                     reply = Reply{result.status.code, result.status.message,
                                   std::string(result.message)};
                   });
    run_until([&] { return reply.has_value(); });
    return *std::move(reply);
  }

  SystemClock clock_;
  Loop loop_{clock_};
  std::vector<Loop*> loops_ = {&loop_};
  wire::Limits limits_;
  NullLog log_;
  FakeApp app_;
  std::unique_ptr<AppServer> server_;
  std::unique_ptr<wire::HttpSessions> sessions_;
  std::unique_ptr<wire::Server> listener_;
  wire::Endpoint endpoint_;
  std::unique_ptr<wire::grpc::Channel> channel_;
};

TEST_F(AppServerTest, SaysWhatTheAppWants) {
  const auto subscriptions = decode_subscriptions(call(kListTopicSubscriptions, "").bytes);
  ASSERT_TRUE(subscriptions);
  ASSERT_EQ(subscriptions->size(), 1U);
  EXPECT_EQ(subscriptions->front().topic, "orders");
  EXPECT_THAT(*decode_input_bindings(call(kListInputBindings, "").bytes), ElementsAre("tick"));
}

TEST_F(AppServerTest, HandsOverEachKindOfDelivery) {
  const Reply topic =
      call(kOnTopicEvent, *encode(TopicEvent{.id = "1", .data = "d", .topic = "orders"}));
  EXPECT_EQ(topic.code, Code::kOk);
  EXPECT_EQ(decode_topic_status(topic.bytes), TopicStatus::kSuccess);
  EXPECT_EQ(app_.topics.at(0).data, "d");

  const Reply binding =
      call(kOnBindingEvent, *encode(BindingEvent{.component = "tick", .data = {}, .metadata = {}}));
  EXPECT_EQ(binding.code, Code::kOk);
  EXPECT_EQ(app_.inputs.at(0).component, "tick");

  const std::vector<BulkStatus> statuses = {{"a", TopicStatus::kSuccess},
                                            {"b", TopicStatus::kRetry}};
  app_.answer = [&](AppCall& to) { to.acknowledge(statuses); };
  BulkEvent bulk;
  bulk.entries.emplace_back().entry_id = "a";
  EXPECT_EQ(decode_bulk_statuses(call(kOnBulkTopicEvent, *encode(bulk)).bytes), statuses);
  EXPECT_EQ(app_.bulks.at(0).entries.size(), 1U);

  app_.answer = [](AppCall& to) { to.acknowledge(TopicStatus::kDrop); };
  EXPECT_EQ(decode_topic_status(call(kOnTopicEvent, "").bytes), TopicStatus::kDrop);
}

TEST_F(AppServerTest, ATopicsEventHasTheMetadataOfItsCall) {
  call(kOnTopicEvent, *encode(TopicEvent{.id = "1", .topic = "orders"}),
       {{"__key", "k1"}, {"traceparent", kTrace}});
  const std::vector<Header>& metadata = app_.topics.at(0).metadata;
  ASSERT_EQ(metadata.size(), 1U);
  EXPECT_EQ(metadata[0].name, "__key");
  EXPECT_EQ(metadata[0].value, "k1");
}

TEST_F(AppServerTest, AFailureIsTheCallsStatus) {
  app_.answer = [](AppCall& to) { to.fail(Error(Code::kUnavailable, "not now", {{"a", "b"}})); };
  const Reply reply = call(kOnTopicEvent, "");
  EXPECT_EQ(reply.code, Code::kUnavailable);
  EXPECT_EQ(reply.message, "not now");
  app_.answer = [](AppCall& to) { to.fail(Error(Code::kUnimplemented, "x")); };
  EXPECT_EQ(call(kOnBindingEvent, "").code, Code::kUnknown) << "a sidecar drops UNIMPLEMENTED";
}

TEST_F(AppServerTest, ACallThatIsLetGoOfIsNoSuccess) {
  app_.answer = nullptr;
  app_.drops = true;
  for (const std::string_view path : {kOnTopicEvent, kOnBulkTopicEvent, kOnBindingEvent})
    EXPECT_EQ(call(path, "").code, Code::kInternal) << path;
}

TEST_F(AppServerTest, WhatIsRefusedBeforeTheAppSeesIt) {
  make({.api_token = {}, .max_message = 1000});
  struct Case {
    std::string_view path;
    std::string request;
    Code code;
  };
  for (const Case& c : {
           Case{kOnTopicEvent, "\x0a\x05x", Code::kInternal},
           Case{kOnBulkTopicEvent, "\x0a\x05x", Code::kInternal},
           Case{kOnBindingEvent, "\x0a\x05x", Code::kInternal},
           Case{kListTopicSubscriptions, "\x0a\x05x", Code::kInternal},
           Case{kListInputBindings, "\xff", Code::kInternal},
           Case{kGrpcHealthCheck, "\xff", Code::kInternal},
           Case{kOnTopicEvent, std::string(1001, 'x'), Code::kResourceExhausted},
           Case{kOnTopicEvent, std::string(11 << 20, 'x'), Code::kResourceExhausted},
           Case{"/dapr.proto.runtime.v1.AppCallback/OnInvoke", "", Code::kUnimplemented},
           Case{"/dapr.proto.runtime.v1.AppCallback/onTopicEvent", "", Code::kUnimplemented},
       }) {
    EXPECT_EQ(call(c.path, c.request).code, c.code) << c.path << " " << c.request.size();
  }
  EXPECT_TRUE(app_.topics.empty() && app_.bulks.empty() && app_.inputs.empty());
}

TEST_F(AppServerTest, TheTokenIsAskedOfEveryCallback) {
  make({.api_token = "secret"});
  for (const std::string_view path : {kListTopicSubscriptions, kListInputBindings, kOnTopicEvent,
                                      kOnBulkTopicEvent, kOnBindingEvent, kAppHealthCheck}) {
    EXPECT_EQ(call(path, "").code, Code::kUnauthenticated) << path;
    EXPECT_EQ(call(path, "\xff").code, Code::kUnauthenticated)
        << "the token is checked before the message";
    EXPECT_EQ(call(path, "", {{"dapr-api-token", "Secret"}}).code, Code::kUnauthenticated);
    EXPECT_EQ(call(path, "", {{"dapr-api-token", "secret"}}).code, Code::kOk) << path;
  }
  EXPECT_EQ(call(kGrpcHealthCheck, "").code, Code::kOk) << "probes have no token";
}

TEST_F(AppServerTest, HealthFollowsReadiness) {
  EXPECT_EQ(call(kAppHealthCheck, "").code, Code::kOk);
  EXPECT_EQ(decode_health(call(kGrpcHealthCheck, "").bytes), Health::kServing);
  EXPECT_EQ(call(kGrpcHealthCheck, encode_health_request("x")).code, Code::kNotFound);
  app_.is_ready = false;
  EXPECT_EQ(call(kAppHealthCheck, "").code, Code::kUnavailable);
  EXPECT_EQ(decode_health(call(kGrpcHealthCheck, "").bytes), Health::kNotServing);
}

TEST_F(AppServerTest, TheTraceComesInEitherForm) {
  call(kOnBindingEvent, "", {{"traceparent", kTrace}});
  EXPECT_EQ(app_.traceparent, kTrace);
  const std::string binary = *trace_bin(kTrace);
  call(kOnBindingEvent, "", {{"grpc-trace-bin", binary}});
  EXPECT_EQ(app_.traceparent, kTrace);
  call(kOnBindingEvent, "", {{"grpc-trace-bin", "nonsense"}});
  EXPECT_EQ(app_.traceparent, "");
}

TEST_F(AppServerTest, TheDeadlinePasses) {
  app_.answer = nullptr;
  const Reply reply = call(kOnTopicEvent, "", {}, Deadline::in(20ms, clock_));
  EXPECT_EQ(reply.code, Code::kDeadlineExceeded);
  run_until([&] { return app_.cancelled == 1; });
  EXPECT_FALSE(app_.deadline.is_never());
  app_.kept->acknowledge();  // has no effect
}

TEST_F(AppServerTest, TheCallerLeaves) {
  app_.answer = nullptr;
  const auto id = channel_->call(kOnTopicEvent, "", {}, [](const auto&) { FAIL(); });
  run_until([&] { return app_.kept != nullptr; });
  channel_->cancel(id);
  run_until([&] { return app_.cancelled == 1; });
  app_.kept->fail(Error(Code::kInternal, "late"));
}

// A handler of requests that knows one answer.
class Greeter final : public wire::Handler {
 public:
  void handle(wire::ExchangePtr exchange) override { exchange->respond(Response("hello")); }
};

TEST_F(AppServerTest, RequestsNeedAHandlerAndTheToken) {
  Greeter greeter;
  const std::string request = *encode_on_invoke({.method = "m"});
  struct Case {
    std::string_view name;
    wire::Handler* requests;
    std::string token;
    std::vector<Field> metadata;
    Code code;
    std::string_view message;
  };
  for (const Case& c : {
           Case{"served", &greeter, "", {}, Code::kOk, ""},
           Case{"not served", nullptr, "", {}, Code::kUnimplemented, "set a token"},
           Case{"with its token", &greeter, "t", {{"dapr-api-token", "t"}}, Code::kOk, ""},
           Case{"without its token",
                &greeter,
                "t",
                {},
                Code::kUnauthenticated,
                "dapr-api-token is missing or wrong"},
           Case{"with another token",
                &greeter,
                "t",
                {{"dapr-api-token", "u"}},
                Code::kUnauthenticated,
                "dapr-api-token is missing or wrong"},
       }) {
    make({.api_token = c.token,
          .requests = c.requests,
          .no_requests = "set a token",
          .max_target = 100});
    for (const std::string_view path : {kOnInvoke, kOnJobEvent}) {
      const Reply reply = call(path, request, c.metadata);
      EXPECT_EQ(reply.code, c.code) << c.name << " " << path;
      EXPECT_EQ(reply.message, c.message) << c.name << " " << path;
    }
  }
}

}  // namespace
}  // namespace ofn::dapr
