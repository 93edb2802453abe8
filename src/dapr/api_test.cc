// Both ends of Dapr's API over real connections: DaprClient and probe() with Server, and with
// servers that do not speak Dapr.
#include <deque>
#include <map>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dapr/client.h"
#include "dapr/invoke_codec.h"
#include "dapr/server.h"
#include "dapr/store_codec.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::dapr {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Records the calls; answers at once, or from another thread.
class FakeApi final : public DaprApi {
 public:
  ~FakeApi() override {
    for (std::thread& thread : threads) thread.join();
  }
  void invoke_binding(BindingRequest request, ApiCall call, BindingDone done) override {
    bindings.push_back(std::move(request));
    calls.push_back(std::move(call));
    if (!elsewhere) return done(binding_answer);
    threads.emplace_back(
        [answer = binding_answer, done = std::move(done)]() mutable { done(std::move(answer)); });
  }
  void publish(PublishRequest request, ApiCall call, PublishDone done) override {
    publishes.push_back(std::move(request));
    calls.push_back(std::move(call));
    done(publish_answer);
  }
  // Every second entry fails.
  void publish_all(BulkPublishRequest request, ApiCall /*call*/, BulkPublishDone done) override {
    std::vector<BulkPublishFailure> failures;
    for (std::size_t i = 1; i < request.entries.size(); i += 2)
      failures.push_back({.id = request.entries[i].id, .error = "no"});
    for (auto& entry : request.entries) publishes.push_back(std::move(entry.publish));
    done(std::move(failures));
  }
  SidecarInfo describe() const override {
    return {.id = "app", .runtime_version = "1", .components = {}};
  }
  void get_state(GetState request, ApiCall /*call*/, ApiDone<StateValue> done) override {
    done(StateValue{.data = "get " + request.key, .etag = "e"});
  }
  void get_bulk_state(GetBulkState request, ApiCall /*call*/,
                      ApiDone<std::vector<StateValue>> done) override {
    done(std::vector<StateValue>{{.key = "bulk " + request.keys.at(0)}});
  }
  void save_state(StateItems request, ApiCall /*call*/, ApiDone<void> done) override {
    store_calls.push_back("save " + request.items.at(0).key);
    done({});
  }
  void delete_state(DeleteState request, ApiCall /*call*/, ApiDone<void> done) override {
    store_calls.push_back("delete " + request.item.key);
    done({});
  }
  void delete_bulk_state(StateItems request, ApiCall /*call*/, ApiDone<void> done) override {
    store_calls.push_back("delete bulk " + request.items.at(0).key);
    done({});
  }
  void transact_state(StateTransaction request, ApiCall /*call*/, ApiDone<void> done) override {
    store_calls.push_back("transact " + request.operations.at(0).type);
    done(fail(Code::kInternal, "refused"));
  }
  void get_secret(GetSecret request, ApiCall /*call*/, ApiDone<Secret> done) override {
    done(Secret{.entries = {{request.key, "s"}}});
  }
  void get_bulk_secret(GetBulkSecret /*request*/, ApiCall /*call*/,
                       ApiDone<std::vector<Secret>> done) override {
    done(std::vector<Secret>{{.name = "all", .entries = {}}});
  }
  void invoke_service(InvokeService request, ApiCall /*call*/, ApiDone<InvokeReply> done) override {
    done(InvokeReply{.data = "invoked " + request.method});
  }

  std::deque<BindingRequest> bindings;
  std::deque<PublishRequest> publishes;
  std::deque<ApiCall> calls;
  std::deque<std::string> store_calls;
  Result<SidecarReply> binding_answer = SidecarReply{};
  Result<void> publish_answer;
  bool elsewhere = false;
  std::vector<std::thread> threads;
};

class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override { listen(server_); }
  void TearDown() override {
    if (client_) {
      bool closed = false;
      client_->close([&] { closed = true; });
      run_until([&] { return closed; });
    }
    client_.reset();
    drain();
  }

  void listen(wire::Handler& handler) {
    sessions_ = std::make_unique<wire::HttpSessions>(handler, limits_, log_);
    listener_ = std::make_unique<wire::Server>(
        loops_, [this](Loop&) { return sessions_->make(); }, limits_, log_);
    endpoint_ = *listener_->listen({.host = "127.0.0.1", .port = 0, .unix_path = ""});
  }
  // Serves `handler` instead of Dapr's API.
  void listen_instead(wire::Handler& handler) {
    drain();
    listen(handler);
  }
  DaprClient& client(ClientOptions options = {}) {
    if (!client_) client_ = std::make_unique<DaprClient>(loop_, connector(), std::move(options));
    return *client_;
  }
  wire::grpc::Connector connector() { return wire::grpc::connector_to(loop_, endpoint_, limits_); }

  SidecarOptions soon() const {
    return {.deadline = Deadline::in(30s, clock_), .traceparent = "", .tracestate = ""};
  }
  SidecarResult invoke(const BindingCall& call, const SidecarOptions& options) {
    return wait([&](SidecarDone done) { client().invoke_binding(call, options, std::move(done)); });
  }
  SidecarResult publish(const PublishCall& call) {
    return wait([&](SidecarDone done) { client().publish(call, soon(), std::move(done)); });
  }
  SidecarResult wait(const std::function<void(SidecarDone)>& start) {
    std::optional<SidecarResult> result;
    start([&](SidecarResult answer) { result = std::move(answer); });
    EXPECT_FALSE(result) << "`done` must not run inside the call";
    run_until([&] { return result.has_value(); });
    return *std::move(result);
  }
  void run_until(const std::function<bool()>& done) {
    while (!done()) loop_.poll();
  }
  void drain() {
    bool drained = false;
    listener_->drain([&] { drained = true; });
    run_until([&] { return drained; });
  }
  // Calls a method with bytes. Returns the bytes of the answer, or the error.
  Result<std::string> raw(std::string_view path, const Result<std::string>& request) {
    wire::grpc::Channel channel(loop_, connector(), {});
    std::optional<Result<std::string>> result;
    channel.call(path, *request, {.deadline = Deadline::in(30s, clock_)},
                 [&](const wire::grpc::CallResult& answer) {
                   if (answer.status.ok()) {
                     result = std::string(answer.message);
                   } else {
                     result = fail(answer.status.code, answer.status.message);
                   }
                 });
    run_until([&] { return result.has_value(); });
    bool closed = false;
    channel.close([&] { closed = true; });
    run_until([&] { return closed; });
    return *std::move(result);
  }
  Result<SidecarInfo> ask(ClientOptions options = {}) {
    std::optional<Result<SidecarInfo>> result;
    probe(loop_, connector(), std::move(options), Deadline::in(30s, clock_),
          [&](auto answer) { result = std::move(answer); });
    run_until([&] { return result.has_value(); });
    return *std::move(result);
  }

  SystemClock clock_;
  Loop loop_{clock_};
  std::vector<Loop*> loops_ = {&loop_};
  wire::Limits limits_;
  NullLog log_;
  FakeApi api_;
  Server server_{api_};
  std::unique_ptr<wire::HttpSessions> sessions_;
  std::unique_ptr<wire::Server> listener_;
  wire::Endpoint endpoint_;
  std::unique_ptr<DaprClient> client_;
};

const BindingCall kCall{.component = "files", .operation = "create", .data = "", .metadata = {}};

TEST_F(ApiTest, InvokesABinding) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  api_.binding_answer = SidecarReply{.data = all, .metadata = {{"statusCode", "200"}}};
  for (const bool elsewhere : {false, true}) {
    api_.elsewhere = elsewhere;
    for (const std::string& data : {std::string(), all, std::string(1 << 20, '\xff')}) {
      auto reply = invoke({.component = "files",
                           .operation = "create",
                           .data = data,
                           .metadata = {{"fileName", "a"}}},
                          soon());
      ASSERT_TRUE(reply) << reply.error().error.text();
      EXPECT_EQ(reply->data, all);
      EXPECT_EQ(reply->metadata.at(0).name, "statusCode");
      EXPECT_EQ(api_.bindings.back().component, "files");
      EXPECT_EQ(api_.bindings.back().operation, "create");
      EXPECT_EQ(api_.bindings.back().data, data);
      EXPECT_EQ(api_.bindings.back().metadata.at(0).value, "a");
    }
  }
}

TEST_F(ApiTest, Publishes) {
  auto reply = publish({.component = "bus",
                        .topic = "orders",
                        .data = std::string_view("\0x", 2),
                        .content_type = "text/plain",
                        .metadata = {{"cloudevent.id", "1"}}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->data, "");
  ASSERT_EQ(api_.publishes.size(), 1U);
  EXPECT_EQ(api_.publishes[0].component, "bus");
  EXPECT_EQ(api_.publishes[0].topic, "orders");
  EXPECT_EQ(api_.publishes[0].data, std::string("\0x", 2));
  EXPECT_EQ(api_.publishes[0].content_type, "text/plain");
  EXPECT_EQ(api_.publishes[0].metadata.at(0).name, "cloudevent.id");
}

TEST_F(ApiTest, ErrorsKeepTheirCodeAndWords) {
  api_.binding_answer =
      fail(Code::kInternal, "couldn't find output binding ö\n\"%\"", {{"secret", "x"}});
  auto refused = invoke(kCall, soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code(), Code::kInternal);
  EXPECT_EQ(refused.error().error.message(), "couldn't find output binding ö\n\"%\"");
  EXPECT_EQ(refused.error().reach, Reach::kMaybe);

  api_.publish_answer = fail(Code::kInvalidArgument, "pubsub x is not found");
  auto not_found =
      publish({.component = "x", .topic = "t", .data = "", .content_type = "", .metadata = {}});
  ASSERT_FALSE(not_found);
  EXPECT_EQ(not_found.error().error.code(), Code::kInvalidArgument);
}

TEST_F(ApiTest, WhatCannotBeSaidInDaprsApiIsNotSent) {
  auto reply =
      invoke({.component = "files", .operation = "create", .data = "", .metadata = {{"k", "\xff"}}},
             soon());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code(), Code::kInvalidArgument);
  EXPECT_EQ(reply.error().reach, Reach::kNever);
  EXPECT_TRUE(api_.bindings.empty());
}

TEST_F(ApiTest, TheCallsContextArrives) {
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  SidecarOptions options = soon();
  options.traceparent = traceparent;
  options.tracestate = "a=b";
  ASSERT_TRUE(invoke(kCall, options));
  EXPECT_EQ(api_.calls.back().traceparent, traceparent);
  EXPECT_EQ(api_.calls.back().tracestate, "a=b");
  EXPECT_FALSE(api_.calls.back().deadline.is_never());
  EXPECT_LE(api_.calls.back().deadline, Deadline::in(31s, clock_));

  options.traceparent = "nonsense";
  ASSERT_TRUE(invoke(kCall, options));
  EXPECT_EQ(api_.calls.back().traceparent, "");
  EXPECT_EQ(api_.calls.back().tracestate, "");

  options.traceparent = traceparent;
  options.tracestate = "bad\n";
  options.deadline = Deadline::never();
  ASSERT_TRUE(invoke(kCall, options));
  EXPECT_EQ(api_.calls.back().traceparent, traceparent);
  EXPECT_EQ(api_.calls.back().tracestate, "");
  EXPECT_TRUE(api_.calls.back().deadline.is_never());
}

TEST_F(ApiTest, SendsTheTokenAndTheBinaryTrace) {
  std::map<std::string, std::string> seen;
  wire::grpc::Server other({});
  other.add(std::string(kInvokeBinding), [&seen](std::unique_ptr<wire::grpc::ServerCall> call) {
    for (const Field& field : call->metadata()) seen[std::string(field.name)] = field.value;
    if (auto trace = call->binary_metadata("grpc-trace-bin"))
      seen["grpc-trace-bin"] = trace->front();
    call->respond({}, "");
  });
  listen_instead(other);
  SidecarOptions options = soon();
  options.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  client({.api_token = "secret", .channel = {}});
  ASSERT_TRUE(invoke(kCall, options));
  EXPECT_EQ(seen["dapr-api-token"], "secret");
  EXPECT_EQ(seen["traceparent"], options.traceparent);
  ASSERT_EQ(seen["grpc-trace-bin"].size(), 29U);
  EXPECT_EQ(seen["grpc-trace-bin"][2], '\x0a');
  EXPECT_TRUE(seen.contains("grpc-timeout"));
  EXPECT_FALSE(seen.contains("tracestate"));
}

TEST_F(ApiTest, AnAnswerThatIsNoneIsAnError) {
  wire::grpc::Server other({});
  other.add(std::string(kInvokeBinding),
            [](std::unique_ptr<wire::grpc::ServerCall> call) { call->respond({}, "\xff\xff"); });
  listen_instead(other);
  auto reply = invoke(kCall, soon());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code(), Code::kInternal);
  EXPECT_EQ(reply.error().reach, Reach::kMaybe);
}

TEST_F(ApiTest, MalformedRequestsAreRefusedInGosCode) {
  struct Case {
    std::string_view path;
    std::string request;
    Code code;
  };
  wire::grpc::Channel channel(loop_, connector(), {});
  for (const Case& c : {
           Case{kInvokeBinding, "\x0a\x05x", Code::kInternal},
           Case{kPublishEvent, "\x0a\x05x", Code::kInternal},
           Case{kPublishEvent, std::string((4 << 20) + 1, 'x'), Code::kResourceExhausted},
           Case{"/dapr.proto.runtime.v1.Dapr/Shutdown", "", Code::kUnimplemented},
       }) {
    std::optional<Code> code;
    channel.call(c.path, c.request, {},
                 [&](const wire::grpc::CallResult& result) { code = result.status.code; });
    run_until([&] { return code.has_value(); });
    EXPECT_EQ(code, c.code) << c.path;
  }
  EXPECT_TRUE(api_.bindings.empty());
  EXPECT_TRUE(api_.publishes.empty());
  bool closed = false;
  channel.close([&] { closed = true; });
  run_until([&] { return closed; });
}

TEST_F(ApiTest, AProbeFindsDapr) {
  auto info = ask();
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->id, "app");
  EXPECT_EQ(listener_->connections(), 0U) << "its connection is closed";
}

TEST_F(ApiTest, AProbeFindsSomethingElse) {
  wire::grpc::Server other({});
  listen_instead(other);
  auto info = ask();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), Code::kUnimplemented);
}

TEST_F(ApiTest, AProbeFindsNobody) {
  drain();
  auto info = ask();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), Code::kUnavailable);
  auto call = invoke(kCall, soon());
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().error.code(), Code::kUnavailable);
  EXPECT_EQ(call.error().reach, Reach::kNever);
  SetUp();
}

TEST_F(ApiTest, HasStatesSecretsAndOtherApps) {
  EXPECT_EQ(decode_state_value(*raw(kGetState, encode(GetState{.key = "k"})))->data, "get k");
  EXPECT_EQ(decode_bulk_state(*raw(kGetBulkState, encode(GetBulkState{.keys = {"k"}})))->at(0).key,
            "bulk k");
  EXPECT_TRUE(raw(kSaveState, encode(StateItems{.items = {{.key = "k"}}})));
  EXPECT_TRUE(raw(kDeleteState, encode(DeleteState{.item = {.key = "k"}})));
  EXPECT_TRUE(raw(kDeleteBulkState, encode(StateItems{.items = {{.key = "k"}}})));
  const auto refused =
      raw(kExecuteStateTransaction, encode(StateTransaction{.operations = {{.type = "upsert"}}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "refused");
  EXPECT_THAT(api_.store_calls,
              ::testing::ElementsAre("save k", "delete k", "delete bulk k", "transact upsert"));
  EXPECT_EQ(decode_secret(*raw(kGetSecret, encode(GetSecret{.key = "k"})))->entries.at(0).name,
            "k");
  EXPECT_EQ(decode_bulk_secret(*raw(kGetBulkSecret, encode(GetBulkSecret{})))->at(0).name, "all");
  EXPECT_EQ(decode_invoke_reply(*raw(kInvokeService, encode(InvokeService{.method = "m"})))->data,
            "invoked m");
  const auto garbled = raw(kGetState, std::string("\xff"));
  ASSERT_FALSE(garbled);
  EXPECT_EQ(garbled.error().code(), Code::kInternal);
}

TEST_F(ApiTest, PublishesManyEventsInOneCall) {
  std::vector<PublishCall> calls;
  for (const std::string_view data : {"a", "b", "c"}) {
    calls.push_back({.component = "bus",
                     .topic = "t",
                     .data = data,
                     .content_type = "text/plain",
                     .metadata = {{"cloudevent.id", std::string(data)}}});
  }
  std::optional<BulkResult> result;
  client().publish_all(calls, soon(), [&](BulkResult done) { result = std::move(done); });
  run_until([&] { return result.has_value(); });
  ASSERT_TRUE(*result);
  ASSERT_EQ((*result)->failures.size(), 1U);
  EXPECT_EQ((*result)->failures[0].place, 1U);
  EXPECT_EQ((*result)->failures[0].error, "no");
  ASSERT_EQ(api_.publishes.size(), 3U);
  EXPECT_EQ(api_.publishes[2].data, "c");
}

TEST_F(ApiTest, RefusesJobsWithAWayOut) {
  for (const StoreCall& call : {StoreCall(ScheduleJob{.job = {.name = "a", .schedule = "@daily"}}),
                                StoreCall(GetJob{"a"}), StoreCall(DeleteJob{"a"})}) {
    std::optional<StoreResult> result;
    client().ask(call, soon(), [&](StoreResult done) { result = std::move(done); });
    run_until([&] { return result.has_value(); });
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().error.code(), Code::kUnimplemented);
    EXPECT_THAT(result->error().error.message(), ::testing::HasSubstr("bindings.cron"));
  }
}

}  // namespace
}  // namespace ofn::dapr
