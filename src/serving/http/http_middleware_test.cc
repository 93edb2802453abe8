// What is answered before a route is looked for: preflights, and requests without a token.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "serving/http/http_service_for_test.h"

namespace ofn {
namespace {

using wire::FakeAnswer;

constexpr Cors kCors{.origins = {"https://a.example"}};
constexpr Tokens kTokens{.bearer_variable = "TOKENS", .exempt = {"/health"}};
constexpr abi::WrapperRegistration kAll[] = {
    {.kind = abi::WrapperKind::kCors, .options = &kCors, .name = "", .file = "", .line = 1},
    {.kind = abi::WrapperKind::kTokens, .options = &kTokens, .name = "", .file = "", .line = 2}};

class HttpMiddlewareTest : public HttpServiceTest {
 protected:
  void make_with_middleware() {
    const abi::WrapperRegistration* entries[] = {&kAll[0], &kAll[1]};
    abi::Program program;
    program.wrappers_begin = entries;
    program.wrappers_end = entries + 2;
    const Environment environment = [](std::string_view) {
      return std::optional<std::string>("secret");
    };
    middleware_ = *Middleware::of({&program, 1}, environment, Middleware::Secrets::kRead);
    function_.routes = {{.text = "GET /hello", .place = "a"}, {.text = "/health", .place = "a"}};
    make(4, 4);
    on_loop_.reset();
    service_ = std::make_unique<HttpService>(routes_, *gate_, workers_, log_,
                                             std::chrono::seconds(10), 8, &middleware_);
    on_loop_ = std::make_unique<HttpService::OnLoop>(*service_, environment_);
  }
  FakeAnswer answered(std::string method, std::string target, std::vector<Field> fields) {
    FakeAnswer answer;
    send(answer, std::move(target), std::move(fields), std::move(method));
    until([&] { return answer.released; });
    return answer;
  }
  Middleware middleware_;
};

TEST_F(HttpMiddlewareTest, WhatIsAnsweredAtTheDoor) {
  make_with_middleware();
  const Field origin{"Origin", "https://a.example"};
  const Field asks{"Access-Control-Request-Method", "PUT"};
  const Field token{"Authorization", "Bearer secret"};
  const Field load_balancer{"User-Agent", "Envoy/HC"};
  struct Case {
    const char* method;
    const char* target;
    std::vector<Field> fields;
    int status;
    int calls;
  };
  for (const Case& one : std::vector<Case>{
           {"OPTIONS", "/hello", {origin, asks}, 204, 0},
           {"OPTIONS", "/nowhere", {origin, asks}, 204, 0},
           {"OPTIONS", "*", {origin, asks}, 204, 0},
           {"OPTIONS", "/hello", {{"Origin", "https://b.example"}, asks}, 403, 0},
           {"OPTIONS", "/hello", {asks}, 401, 0},
           {"GET", "/hello", {origin}, 401, 0},
           {"GET", "/nowhere", {origin}, 401, 0},
           {"GET", "/robots.txt", {origin}, 401, 0},
           {"GET", "/nowhere", {origin, token}, 404, 0},
           {"PUT", "/hello", {origin, token}, 405, 0},
           {"GET", "/hello", {origin, token}, 200, 1},
           {"GET", "/hello", {origin, token, token}, 400, 0},
           {"GET", "/hello", {origin, {"Authorization", "Bearer wrong"}}, 401, 0},
           {"GET", "/health?x", {origin}, 200, 1},
           {"GET", "/hello", {load_balancer}, 401, 0},
           {"GET", "/other", {load_balancer}, 200, 0},
           {"GET", "/hello", {{"User-Agent", "kube-probe/1"}}, 200, 0},
       }) {
    SCOPED_TRACE(std::string(one.method) + " " + one.target);
    g_calls = 0;
    FakeAnswer answer = answered(one.method, one.target, one.fields);
    EXPECT_EQ(answer.status, one.status);
    EXPECT_EQ(g_calls, one.calls);
    EXPECT_EQ(answer.count, 1);
    EXPECT_FALSE(answer.fields["X-Request-Id"].empty());
    // Each answer may be read by the page that may ask.
    const bool is_allowed = !one.fields.empty() && one.fields.front().value == "https://a.example";
    EXPECT_EQ(answer.fields["Access-Control-Allow-Origin"], is_allowed ? "https://a.example" : "");
    EXPECT_EQ(answer.fields["Vary"], "Origin");
  }
}

}  // namespace
}  // namespace ofn
