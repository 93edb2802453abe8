// The service over exchanges in memory: what is answered without the function, the gate, where calls run.
#include "serving/http/http_service.h"

#include <atomic>
#include <latch>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;

struct Answer {
  int count = 0;
  int status = 0;
  std::string body;
  std::map<std::string, std::string> fields;
  bool released = false;
  bool aborted = false;
};

class FakeExchange final : public wire::Exchange {
 public:
  FakeExchange(Loop& loop, Answer& answer, std::string method, std::string target,
               std::vector<Field> fields)
      : loop_(loop),
        answer_(answer),
        method_(std::move(method)),
        target_(std::move(target)),
        fields_(std::move(fields)) {
    message_.method = method_;
    message_.target = target_;
    message_.fields = fields_;
    message_.peer = "127.0.0.1:1";
  }
  ~FakeExchange() override { answer_.released = true; }
  const wire::Message& request() const override { return message_; }
  bool hold(std::size_t /*bytes*/) override { return true; }
  void respond(Response&& response, std::span<const Field> extra, std::span<const Field>) override {
    ++answer_.count;
    answer_.status = response.status();
    for (const Header& header : response.headers()) answer_.fields[header.name] = header.value;
    for (const Field& field : extra) answer_.fields[std::string(field.name)] = field.value;
    answer_.body = std::move(response).body();
  }
  void begin(Response head, std::span<const Field> extra, std::function<void()>) override {
    respond(std::move(head), extra, {});
  }
  void write(std::string_view bytes) override { answer_.body += bytes; }
  std::size_t unsent() const override { return 0; }
  void finish(std::span<const Field> trailers) override {
    for (const Field& field : trailers) answer_.fields[std::string(field.name)] = field.value;
  }
  void abort() override { answer_.aborted = true; }
  bool abandoned() const override { return abandoned_; }
  void on_abandoned(std::function<void()> callback) override { callback_ = std::move(callback); }
  Loop& loop() override { return loop_; }
  void abandon() {
    abandoned_ = true;
    finish_sending();
  }
  void finish_sending() {
    if (const auto callback = std::exchange(callback_, nullptr)) callback();
  }

 private:
  void release() override { delete this; }
  Loop& loop_;
  Answer& answer_;
  std::string method_, target_;
  std::vector<Field> fields_;
  wire::Message message_;
  bool abandoned_ = false;
  std::function<void()> callback_;
};

std::atomic<int> g_calls = 0;                       // NOLINT: functions are plain pointers
std::function<void()> g_inside;                     // NOLINT: what the function under test does
std::function<void(const Request&)> g_inside_with;  // NOLINT
std::atomic<bool> g_stop_seen = false;              // NOLINT

Function hello() {
  return {.name = "hello",
          .signature = Signature::kHttp,
          .invoke = [](const abi::Call& call, abi::Outcome& outcome) {
            ++g_calls;
            if (g_inside_with) g_inside_with(*call.request);
            if (g_inside) g_inside();
            g_stop_seen = call.request->stop_token().stop_requested();
            std::string text = "hello " + std::string(call.request->target());
            if (const auto id = call.request->param("id")) text += " " + std::string(*id);
            outcome.response = Response(std::move(text));
          }};
}

// As a function that has hung something on its token: until the stop has come, from whichever thread.
void wait_for_stop(const std::stop_token& token) {
  std::latch told(1);
  const std::stop_callback tells(token, [&] { told.count_down(); });
  told.wait();
}

// The function tells that it has been entered, and returns when it may go and was asked to stop.
void hold_until_stopped(std::latch& entered, std::latch& go) {
  g_inside_with = [&entered, &go](const Request& request) {
    entered.count_down();
    go.wait();
    wait_for_stop(request.stop_token());
  };
}

class HttpServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    g_calls = 0;
    g_inside = nullptr;
    g_inside_with = nullptr;
    g_stop_seen = false;
  }
  void make(std::size_t concurrency, std::size_t queue) {
    gate_ = std::make_unique<Gate>(concurrency, queue);
    if (functions_.empty()) functions_ = {function_};
    routes_ = Routes::of(functions_).value();
    service_ = std::make_unique<HttpService>(routes_, *gate_, workers_, log_, 10s);
    shard_ = std::make_unique<HttpService::Shard>(*service_, environment_);
  }
  FakeExchange* send(Answer& answer, std::string target = "/", std::vector<Field> fields = {},
                     std::string method = "GET") {
    auto* exchange =
        new FakeExchange(loop_, answer, std::move(method), std::move(target), std::move(fields));
    shard_->handle(wire::ExchangePtr(exchange));
    return exchange;
  }
  void until(const std::function<bool()>& condition) {
    while (!condition()) loop_.poll();
  }

  ManualClock clock_;
  testing::RecordingLog log_;
  Loop loop_{clock_};
  FunctionContext context_;
  Workers workers_{8};
  Function function_ = hello();
  std::vector<Function> functions_;  // where it is not that one
  Routes routes_;
  CallEnvironment environment_{
      .loop = loop_, .context = context_, .outputs = nullptr, .log = log_, .detail = {}};
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<HttpService> service_;
  std::unique_ptr<HttpService::Shard> shard_;
};

TEST_F(HttpServiceTest, TheFunctionAnswersAfterTheWireHasReturned) {
  make(4, 4);
  Answer answer;
  send(answer, "/a?b");
  EXPECT_EQ(g_calls, 0) << "user code ran inside the wire's call";
  until([&] { return answer.released; });
  EXPECT_EQ(answer.count, 1);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello /a?b");
  EXPECT_EQ(answer.fields["X-OpenFunction-Status"], "success");
  EXPECT_EQ(answer.fields["X-Request-Id"].size(), 32U);
  EXPECT_EQ(gate_->in_use(), 0U);
}

struct PlainCase {
  std::string target;
  std::vector<Field> fields;
  int status, draining_status;
};

TEST_F(HttpServiceTest, ProbesAndTheTwoFilesNeverRunTheFunction) {
  const PlainCase cases[] = {
      {"/", {{"User-Agent", "kube-probe/1.30"}}, 200, 503},
      {"/healthz", {{"user-agent", "kube-probe/"}}, 200, 503},
      {"/", {{"K-Network-Probe", "queue"}}, 200, 503},
      {"/", {{"K-Kubelet-Probe", "x"}}, 200, 503},
      {"/", {{"User-Agent", "GoogleHC/1.0"}}, 200, 503},
      {"/", {{"User-Agent", "ELB-HealthChecker/2.0"}}, 200, 503},
      {"/x", {{"User-Agent", "Envoy/HC"}}, 200, 503},
      {"/robots.txt", {}, 404, 404},
      {"/favicon.ico?v=1", {}, 404, 404},
  };
  make(4, 4);
  for (const bool draining : {false, true}) {
    if (draining) service_->drain();
    for (const PlainCase& one : cases) {
      Answer answer;
      send(answer, one.target, one.fields);
      testing::settle(loop_);
      EXPECT_EQ(answer.status, draining ? one.draining_status : one.status) << one.target;
      EXPECT_EQ(answer.count, 1);
      EXPECT_FALSE(answer.fields["X-Request-Id"].empty());
    }
  }
  EXPECT_EQ(g_calls, 0);
  const std::vector<std::pair<std::string, std::vector<Field>>> ordinary = {
      {"/robots.txt/", {}}, {"/a/robots.txt", {}}, {"/", {{"User-Agent", "curl/8"}}}};
  int expected = 0;
  for (const auto& [target, fields] : ordinary) {
    Answer answer;
    send(answer, target, fields);
    until([&] { return answer.released; });
    EXPECT_EQ(g_calls, ++expected) << target;
  }
  // Knative's probe for h2c is an OPTIONS.
  for (const std::string_view method : {"POST", "OPTIONS", "HEAD", "PUT", "BREW"}) {
    Answer probed;
    send(probed, "/", {{"User-Agent", "kube-probe/1.30"}}, std::string(method));
    testing::settle(loop_);
    EXPECT_EQ(probed.status, 503) << method;
    EXPECT_EQ(g_calls, expected) << method;
  }
}

struct Ends final : Observer {
  void began(const CallStart& /*start*/, TraceContext& /*trace*/) override { ++begins; }
  void ended(const CallRecord& record) override {
    records.push_back(record);
    routes.emplace_back(record.start.route);
    methods.emplace_back(record.start.method);
    ids.emplace_back(record.start.id);
  }
  int begins = 0;
  std::vector<CallRecord> records;  // their views are no longer valid
  std::vector<std::string> routes, methods, ids;
};

TEST_F(HttpServiceTest, TheObserverIsToldOfWhatReachesNoFunction) {
  Ends ends;
  environment_.observer = &ends;
  functions_ = {hello(), hello()};
  functions_[0].routes = {{"GET /users/{id}", "a.cc:1"}};
  functions_[1].routes = {{"/events", "a.cc:2"}};
  functions_[1].signature = Signature::kCloudEvent;
  make(4, 4);
  struct Case {
    const char* method;
    const char* target;
    std::vector<Field> fields;
    Refusal refusal;
    int status;
    const char* line;  // in the log; null: none
  };
  const Case cases[] = {
      {"GET", "/users/7", {{"User-Agent", "kube-probe/1"}}, Refusal::kProbe, 200, nullptr},
      {"GET", "/nowhere", {}, Refusal::kNoRoute, 404, "no route has the path"},
      {"GET", "/robots.txt", {}, Refusal::kNoRoute, 404, "no route has the path"},
      {"PUT",
       "/users/7",
       {},
       Refusal::kWrongMethod,
       405,
       "the path's routes do not have the method"},
      {"OPTIONS", "/events", {{"WebHook-Request-Origin", "a"}}, Refusal::kHandshake, 200, nullptr},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(one.method) + " " + one.target);
    Answer answer;
    const std::size_t before = log_.text().size();
    send(answer, one.target, one.fields, one.method);
    ASSERT_FALSE(ends.records.empty());
    const CallRecord& record = ends.records.back();
    EXPECT_EQ(record.refusal, one.refusal);
    EXPECT_EQ(record.status, one.status);
    EXPECT_EQ(record.bytes_out, answer.body.size());
    EXPECT_EQ(record.start.function, nullptr);
    EXPECT_EQ(ends.methods.back(), one.method);
    EXPECT_EQ(ends.ids.back(), answer.fields["X-Request-Id"]);
    const std::string line = one.line == nullptr
                                 ? ""
                                 : "info: request refused request_id=" + ends.ids.back() +
                                       " peer=127.0.0.1:1 status=" + std::to_string(one.status) +
                                       " reason=" + one.line + "\n";
    EXPECT_EQ(log_.text().substr(before), line);
  }
  shard_->on_broken_request("an-id", 414);
  EXPECT_EQ(ends.records.back().refusal, Refusal::kBroken);
  EXPECT_EQ(ends.records.back().status, 414);
  EXPECT_EQ(ends.ids.back(), "an-id");
  EXPECT_EQ(ends.records.size(), std::size(cases) + 1);
  EXPECT_EQ(ends.begins, 0) << "no function was going to be called";

  Answer answer;
  send(answer, "/users/7");
  until([&] { return answer.released; });
  EXPECT_EQ(ends.begins, 1);
  EXPECT_EQ(ends.routes.back(), "/users/{id}");
  EXPECT_EQ(ends.records.back().refusal, Refusal::kNone);
  EXPECT_EQ(ends.records.back().ran_on, Placement::kWorker);
  EXPECT_EQ(ends.records.back().status, 200);
}

TEST_F(HttpServiceTest, RoutesDecide) {
  functions_ = {hello(), hello(), hello()};
  functions_[0].routes = {{"GET,PUT /users/{id}", "a.cc:1"}};
  functions_[1].routes = {{"/favicon.ico", "a.cc:2"}};
  functions_[2].name = "app::plain";
  make(4, 4);
  struct Case {
    const char* method;
    const char* target;
    int status;
    const char* body;
    const char* allow;
  };
  for (const Case& one : {
           Case{"GET", "/users/%37?x=/", 200, "hello /users/%37?x=/ 7", ""},
           Case{"DELETE", "/users/7?x", 405, "allowed here: GET, HEAD, PUT\n", "GET, HEAD, PUT"},
           Case{"GET", "/users", 404, "not found\n", ""},
           Case{"GET", "/app/plain", 200, "hello /app/plain", ""},
           Case{"GET", "/favicon.ico?v=1", 200, "hello /favicon.ico?v=1", ""},
           Case{"GET", "/robots.txt", 404, "not found\n", ""},
           Case{"OPTIONS", "*", 404, "not found\n", ""},
       }) {
    SCOPED_TRACE(one.target);
    Answer answer;
    send(answer, one.target, {}, one.method);
    until([&] { return answer.released; });
    EXPECT_EQ(answer.status, one.status);
    EXPECT_EQ(answer.body, one.body);
    EXPECT_EQ(answer.fields["allow"], one.allow);
    EXPECT_FALSE(answer.fields["X-Request-Id"].empty());
    EXPECT_EQ(answer.fields.contains("X-OpenFunction-Status"), one.status == 200);
  }
  EXPECT_EQ(g_calls, 3);
  Answer probe;
  send(probe, "/nowhere", {{"User-Agent", "kube-probe/1.30"}});
  EXPECT_EQ(probe.status, 200) << "probes need no route";
}

// CloudEvents' webhook handshake (http-webhook.md §4).
TEST_F(HttpServiceTest, ASenderOfEventsAsksFirst) {
  functions_ = {hello(), hello(), hello(), hello()};
  functions_[0].signature = Signature::kCloudEvent;
  functions_[0].routes = {{"/events/{id}", "a.cc:1"}};
  functions_[1].signature = Signature::kEvent;
  functions_[1].routes = {{"POST /old", "a.cc:2"}};
  functions_[2].routes = {{"/own", "a.cc:3"}};
  functions_[3].signature = Signature::kCloudEvent;
  functions_[3].routes = {{"PUT /put", "a.cc:4"}};
  make(4, 4);
  const std::vector<Field> asks = {{"WebHook-Request-Origin", "sender.example.com"},
                                   {"WebHook-Request-Rate", "120"}};
  for (const char* target : {"/events/7", "/old?token=x"}) {
    Answer answer;
    send(answer, target, asks, "OPTIONS");
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.fields["Allow"], "POST");
    EXPECT_EQ(answer.fields["WebHook-Allowed-Origin"], "sender.example.com");
    EXPECT_EQ(answer.fields["WebHook-Allowed-Rate"], "*");
    EXPECT_FALSE(answer.fields["X-Request-Id"].empty());
  }
  EXPECT_EQ(g_calls, 0);
  for (const char* target : {"/put", "/old", "/nowhere"}) {
    const bool asked = std::string(target) != "/old";
    Answer answer;
    send(answer, target, asked ? asks : std::vector<Field>{{"webhook-request-origin", ""}},
         "OPTIONS");
    EXPECT_FALSE(answer.fields.contains("WebHook-Allowed-Origin")) << target;
    EXPECT_EQ(answer.status, std::string(target) == "/nowhere" ? 404 : 405) << target;
  }
  EXPECT_EQ(g_calls, 0);
  Answer own;
  send(own, "/own", asks, "OPTIONS");
  until([&] { return own.released; });
  EXPECT_EQ(own.body, "hello /own") << "a function of requests answers for itself";
}

TEST_F(HttpServiceTest, EachFunctionHasItsPace) {
  functions_ = {hello(), hello()};
  functions_[0].routes = {{"/short", "a.cc:1"}};
  functions_[1].routes = {{"/other", "a.cc:2"}};
  make(4, 4);
  const auto call = [&](const char* target) {
    Answer answer;
    send(answer, target);
    until([&] { return answer.released; });
  };
  for (int i = 0; i < Pace::kStreak; ++i) call("/short");
  bool on_loop = false;
  g_inside = [&] { on_loop = loop_.in_loop(); };
  call("/short");
  EXPECT_TRUE(on_loop);
  call("/other");
  EXPECT_FALSE(on_loop) << "nothing is known of it yet";
}

TEST_F(HttpServiceTest, BeyondConcurrencyAndQueueCallersAreTurnedAway) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  g_inside = [&] {
    if (g_calls == 1) {
      entered.count_down();
      go.wait();
    }
  };
  Answer first, second, third;
  send(first);
  loop_.poll();
  entered.wait();
  send(second);
  send(third);
  testing::settle(loop_);
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(third.fields["retry-after"], "1");
  EXPECT_EQ(third.fields["X-OpenFunction-Status"], "error");
  EXPECT_TRUE(third.released);
  EXPECT_EQ(second.count, 0);
  EXPECT_EQ(gate_->waiting(), 1U);
  go.count_down();
  until([&] { return second.released; });
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(g_calls, 2);
  EXPECT_EQ(gate_->in_use(), 0U);
}

TEST_F(HttpServiceTest, EventsAreTurnedAwayWith429) {
  function_.signature = Signature::kCloudEvent;
  make(1, 0);
  std::latch go(1);
  g_inside = [&] { go.wait(); };
  Answer first, second;
  // Keeps the slot: what it is does not matter to the gate.
  struct Slot final : Gate::Waiter {
    explicit Slot(Loop& on) : where(on) {}
    Loop& loop() override { return where; }
    void admitted() override {}
    Loop& where;
  } slot(loop_);
  ASSERT_EQ(gate_->enter(slot), Gate::Entry::kIn);
  send(second, "/", {}, "POST");
  testing::settle(loop_);
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(second.fields["retry-after"], "1");
  gate_->leave();
}

TEST_F(HttpServiceTest, WhoWaitsBeyondTheDeadlineGets504AndNeverRuns) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  g_inside = [&] {
    entered.count_down();
    go.wait();
  };
  Answer first, second;
  send(first);
  loop_.poll();
  entered.wait();
  send(second);
  clock_.advance(11s);
  testing::settle(loop_);
  EXPECT_EQ(first.status, 504);
  EXPECT_EQ(second.status, 504);
  EXPECT_FALSE(first.released) << "the function still reads its request";
  EXPECT_EQ(gate_->in_use(), 1U) << "its slot stays taken";
  go.count_down();
  until([&] { return first.released && second.released; });
  EXPECT_EQ(g_calls, 1);
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(gate_->in_use(), 0U);
}

TEST_F(HttpServiceTest, ACallerThatGoesAwayStopsItsCall) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  hold_until_stopped(entered, go);
  Answer first, second;
  FakeExchange* running = send(first);
  loop_.poll();
  entered.wait();
  FakeExchange* waiting = send(second);
  waiting->abandon();
  EXPECT_TRUE(second.released) << "it leaves the queue at once";
  EXPECT_EQ(gate_->waiting(), 0U);
  running->abandon();
  go.count_down();
  until([&] { return first.released; });
  EXPECT_TRUE(g_stop_seen);
  EXPECT_EQ(g_calls, 1);
}

TEST_F(HttpServiceTest, ACallerThatOnlyFinishedSendingMayStillGoAway) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  hold_until_stopped(entered, go);
  Answer first, second;
  FakeExchange* running = send(first);
  loop_.poll();
  entered.wait();
  FakeExchange* waiting = send(second);
  waiting->finish_sending();
  EXPECT_EQ(gate_->waiting(), 1U) << "it still reads, and keeps its place";
  waiting->abandon();
  EXPECT_TRUE(second.released);
  EXPECT_EQ(gate_->waiting(), 0U);
  running->finish_sending();
  go.count_down();
  until([&] { return first.released; });
  EXPECT_TRUE(g_stop_seen);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(g_calls, 1);
}

TEST_F(HttpServiceTest, WhatHangsOnAStopTokenMayWaitForTheLoop) {
  make(2, 2);
  std::latch entered(1);
  std::latch go(1);
  g_inside_with = [&](const Request& request) {
    if (request.path() != "/waits") return;
    // As one that locks what the function holds while it waits for an answer that comes by the loop.
    const std::stop_callback waits(request.stop_token(), [&] { go.wait(); });
    entered.count_down();
    go.wait();
  };
  Answer first, second;
  FakeExchange* running = send(first, "/waits");
  loop_.poll();
  entered.wait();
  running->abandon();
  send(second);
  until([&] { return second.released; });
  EXPECT_EQ(second.status, 200);
  EXPECT_FALSE(first.released);
  go.count_down();
  until([&] { return first.released; });
}

TEST_F(HttpServiceTest, StoppingTheCallsReachesTheFunction) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  hold_until_stopped(entered, go);
  Answer answer;
  send(answer);
  loop_.poll();
  entered.wait();
  shard_->stop_calls();
  go.count_down();
  until([&] { return answer.released; });
  EXPECT_TRUE(g_stop_seen);
}

TEST_F(HttpServiceTest, ShortFunctionsMoveToTheLoopAndLongOnesAway) {
  make(4, 4);
  for (int i = 0; i < Pace::kStreak; ++i) {
    Answer answer;
    send(answer);
    until([&] { return answer.released; });
  }
  Answer inline_call;
  bool on_loop = false;
  g_inside = [&] {
    on_loop = loop_.in_loop();
    if (on_loop) clock_.advance(1ms);  // the only thread that reads it then
  };
  send(inline_call);
  loop_.poll();
  EXPECT_TRUE(inline_call.released);
  EXPECT_TRUE(on_loop);
  Answer after;
  send(after);
  until([&] { return after.released; });
  EXPECT_FALSE(on_loop) << "one long call moves the function to the workers";
}

}  // namespace
}  // namespace ofn
