// The service over exchanges in memory: which function a request is for, and what is answered without one.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "serving/http/http_service_for_test.h"

namespace ofn {
namespace {

using wire::FakeAnswer;

struct PlainCase {
  std::string target;
  std::vector<Field> fields;
  int status, retired_status;
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
  for (const bool retired : {false, true}) {
    if (retired) service_->retire();
    for (const PlainCase& one : cases) {
      FakeAnswer answer;
      send(answer, one.target, one.fields);
      testing::settle(loop_);
      EXPECT_EQ(answer.status, retired ? one.retired_status : one.status) << one.target;
      EXPECT_EQ(answer.count, 1);
      EXPECT_FALSE(answer.fields["X-Request-Id"].empty());
    }
  }
  EXPECT_EQ(g_calls, 0);
  const std::vector<std::pair<std::string, std::vector<Field>>> ordinary = {
      {"/robots.txt/", {}}, {"/a/robots.txt", {}}, {"/", {{"User-Agent", "curl/8"}}}};
  int expected = 0;
  for (const auto& [target, fields] : ordinary) {
    FakeAnswer answer;
    send(answer, target, fields);
    until([&] { return answer.released; });
    EXPECT_EQ(g_calls, ++expected) << target;
  }
  // Knative's probe for h2c is an OPTIONS.
  for (const std::string_view method : {"POST", "OPTIONS", "HEAD", "PUT", "BREW"}) {
    FakeAnswer probed;
    send(probed, "/", {{"User-Agent", "kube-probe/1.30"}}, std::string(method));
    testing::settle(loop_);
    EXPECT_EQ(probed.status, 503) << method;
    EXPECT_EQ(g_calls, expected) << method;
  }
}

struct Ends final : Observer {
  void began(const CallStart& /*start*/, TraceContext& /*trace*/) override { ++begins; }
  void ended(const CallRecord& record) override {
    if (answer != nullptr) {
      EXPECT_EQ(answer->count, 1) << "told before the answer";
    }
    records.push_back(record);
    routes.emplace_back(record.start.route);
    methods.emplace_back(record.start.method);
    ids.emplace_back(record.start.id);
  }
  const FakeAnswer* answer = nullptr;
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
    FakeAnswer answer;
    ends.answer = &answer;
    const std::size_t before = log_.text().size();
    send(answer, one.target, one.fields, one.method);
    ASSERT_FALSE(ends.records.empty());
    const CallRecord& record = ends.records.back();
    EXPECT_EQ(record.outcome.refusal, one.refusal);
    EXPECT_EQ(record.outcome.status, one.status);
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
  ends.answer = nullptr;
  on_loop_->on_refused("an-id", {.status = 414});
  EXPECT_EQ(ends.records.back().outcome.refusal, Refusal::kBroken);
  EXPECT_EQ(ends.records.back().outcome.status, 414);
  EXPECT_EQ(ends.ids.back(), "an-id");
  wire::Message call;
  call.method = "POST";
  call.target = "/shop.Cart/Add";
  call.version = wire::Version::kHttp2;
  on_loop_->on_refused("a-call", {.status = 200, .call = &call});
  EXPECT_EQ(ends.records.back().outcome.refusal, Refusal::kNoRoute);
  EXPECT_EQ(ends.records.back().outcome.verdict, Verdict::kError);
  EXPECT_EQ(ends.records.back().start.version, HttpVersion::k2);
  EXPECT_EQ(ends.methods.back(), "POST");
  EXPECT_EQ(ends.ids.back(), "a-call");
  EXPECT_EQ(ends.records.size(), std::size(cases) + 2);
  EXPECT_EQ(ends.begins, 0) << "no function was going to be called";

  FakeAnswer answer;
  send(answer, "/users/7");
  until([&] { return answer.released; });
  EXPECT_EQ(ends.begins, 1);
  EXPECT_EQ(ends.routes.back(), "/users/{id}");
  EXPECT_EQ(ends.records.back().outcome.refusal, Refusal::kNone);
  EXPECT_EQ(ends.records.back().outcome.ran_on, Placement::kWorker);
  EXPECT_EQ(ends.records.back().outcome.status, 200);
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
    FakeAnswer answer;
    send(answer, one.target, {}, one.method);
    until([&] { return answer.released; });
    EXPECT_EQ(answer.status, one.status);
    EXPECT_EQ(answer.body, one.body);
    EXPECT_EQ(answer.fields["allow"], one.allow);
    EXPECT_FALSE(answer.fields["X-Request-Id"].empty());
    EXPECT_EQ(answer.fields.contains("X-OpenFunction-Status"), one.status == 200);
  }
  EXPECT_EQ(g_calls, 3);
  FakeAnswer probe;
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
    FakeAnswer answer;
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
    FakeAnswer answer;
    send(answer, target, asked ? asks : std::vector<Field>{{"webhook-request-origin", ""}},
         "OPTIONS");
    EXPECT_FALSE(answer.fields.contains("WebHook-Allowed-Origin")) << target;
    EXPECT_EQ(answer.status, std::string(target) == "/nowhere" ? 404 : 405) << target;
  }
  EXPECT_EQ(g_calls, 0);
  FakeAnswer own;
  send(own, "/own", asks, "OPTIONS");
  until([&] { return own.released; });
  EXPECT_EQ(own.body, "hello /own") << "a function of requests answers for itself";
}

}  // namespace
}  // namespace ofn
