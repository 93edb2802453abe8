#include "localdapr/http/http_binding.h"

#include <testing/manual_clock.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Records the requests, and answers from a list. The last answer is repeated.
class FakeHttp final : public wire::blocking::HttpClient {
 public:
  struct Seen {
    std::string method;
    std::string url;
    std::vector<std::string> headers;
    bool has_body;
    std::string body;
    Deadline deadline;
  };
  Result<wire::blocking::HttpReply> send(const wire::blocking::HttpCall& call) override {
    Seen seen{.method = std::string(call.method),
              .url = call.url,
              .headers = {},
              .has_body = call.has_body == wire::blocking::Body::kSent,
              .body = std::string(call.body),
              .deadline = call.deadline};
    for (const Header& header : call.headers) {
      seen.headers.push_back(header.name + ": " + header.value);
    }
    calls.push_back(std::move(seen));
    Result<wire::blocking::HttpReply> answer = answers.front();
    if (answers.size() > 1) answers.erase(answers.begin());
    return answer;
  }

  std::vector<Seen> calls;
  std::vector<Result<wire::blocking::HttpReply>> answers = {wire::blocking::HttpReply{
      .status = 200, .status_line = "200 OK", .headers = {}, .body = "ok", .redirect_url = ""}};
};

wire::blocking::HttpReply redirect(int status, std::string to) {
  return {.status = status,
          .status_line = "",
          .headers = {},
          .body = "",
          .redirect_url = std::move(to)};
}

class HttpBindingTest : public ::testing::Test {
 protected:
  void start(std::vector<Header> properties) {
    Component component;
    component.properties = std::move(properties);
    auto binding = HttpBinding::create(
        component,
        [this](const wire::blocking::HttpClientOptions& options)
            -> Result<std::unique_ptr<wire::blocking::HttpClient>> {
          client_options_ = options;
          auto http = std::make_unique<FakeHttp>();
          http_ = http.get();
          return http;
        },
        clock_);
    ASSERT_TRUE(binding) << binding.error().text();
    binding_ = *std::move(binding);
  }

  Result<SidecarReply> call(std::string_view operation, std::vector<Header> metadata = {},
                            Deadline deadline = Deadline::never()) {
    return binding_->invoke({.component = "web",
                             .operation = std::string(operation),
                             .data = "body",
                             .metadata = std::move(metadata)},
                            deadline);
  }

  ofn::testing::ManualClock clock_;
  wire::blocking::HttpClientOptions client_options_;
  FakeHttp* http_ = nullptr;
  std::unique_ptr<BlockingBinding> binding_;
};

TEST_F(HttpBindingTest, OperationsAreMethods) {
  start({{"url", "http://h"}});
  struct Case {
    std::string_view operation;
    std::string_view method;
    bool has_body;
  };
  for (const Case& c :
       {Case{"create", "POST", true}, Case{"post", "POST", true}, Case{"put", "PUT", true},
        Case{"patch", "PATCH", true}, Case{"get", "GET", false}, Case{"head", "HEAD", false},
        Case{"delete", "DELETE", false}, Case{"options", "OPTIONS", false},
        Case{"trace", "TRACE", false}}) {
    EXPECT_THAT(binding_->operations(), ::testing::Contains(c.operation));
    ASSERT_TRUE(call(c.operation));
    EXPECT_EQ(http_->calls.back().method, c.method);
    EXPECT_EQ(http_->calls.back().has_body, c.has_body);
    EXPECT_EQ(http_->calls.back().body, c.has_body ? "body" : "");
  }
}

TEST_F(HttpBindingTest, ThePathIsPutBehindTheUrl) {
  struct Case {
    std::string_view url;
    std::string_view path;
    std::string_view result;
  };
  for (const Case& c : {
           Case{"http://h/a", "", "http://h/a"},
           Case{"http://h/a/", "", "http://h/a/"},
           Case{"http://h/a//", "//b", "http://h/a/b"},
           Case{"http://h", "a b?x=\"ö\"", "http://h/a%20b?x=%22%C3%B6%22"},
           Case{"http://h", "a%20b", "http://h/a%20b"},
           Case{"http://h", "a\r\nHost: x", "http://h/a%0D%0AHost:%20x"},
       }) {
    start({{"url", std::string(c.url)}});
    ASSERT_TRUE(call("get", {{"path", std::string(c.path)}}));
    EXPECT_EQ(http_->calls.back().url, c.result);
  }
}

TEST_F(HttpBindingTest, SendsHeadersAsDaprd) {
  start({{"url", "http://h"}, {"securityToken", "s"}, {"securityTokenHeader", "X-Token"}});
  ASSERT_TRUE(call("post", {{"X-fOO", "1"},
                            {"lower", "2"},
                            {"CONTENT-TYPE", "text/plain"},
                            {"Host", "evil"},
                            {"Content-Length", "9"},
                            {"Transfer-Encoding", "chunked"},
                            {"traceparent", "00-1-2-01"},
                            {"tracestate", ""}}));
  EXPECT_THAT(http_->calls.back().headers,
              ElementsAre("Accept: application/json; charset=utf-8", "Content-Type: text/plain",
                          "X-Token: s", "X-Foo: 1", "Traceparent: 00-1-2-01"));
  ASSERT_TRUE(call("get"));
  EXPECT_THAT(http_->calls.back().headers,
              ElementsAre("Accept: application/json; charset=utf-8", "X-Token: s"));
}

TEST_F(HttpBindingTest, RefusesHeadersThatWouldBreakTheRequest) {
  start({{"url", "http://h"}});
  for (const Header& header : {Header{"X-A", "b\r\nX-C: d"}, Header{"X-A", std::string("b\0", 2)},
                               Header{"X A", "b"}, Header{"X-A:", "b"}}) {
    auto reply = call("get", {header});
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().message(), HasSubstr("invalid header field"));
  }
  EXPECT_TRUE(http_->calls.empty());
}

TEST_F(HttpBindingTest, AnswersWithStatusAndHeaders) {
  start({{"url", "http://h"}});
  http_->answers = {wire::blocking::HttpReply{
      .status = 201,
      .status_line = "201 Created",
      .headers = {{"x-a", "1"}, {"X-A", "2"}, {"transfer-encoding", "chunked"}},
      .body = std::string("\0x", 2),
      .redirect_url = ""}};
  auto reply = call("get");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->data, std::string("\0x", 2));
  std::vector<std::string> metadata;
  for (const Header& entry : reply->metadata) metadata.push_back(entry.name + "=" + entry.value);
  EXPECT_THAT(metadata, ElementsAre("statusCode=201", "status=201 Created", "X-A=1, 2"));
}

TEST_F(HttpBindingTest, AStatusOtherThan2xxIsAnErrorUnlessToldOtherwise) {
  struct Case {
    std::vector<Header> properties;
    std::vector<Header> metadata;
    bool error;
  };
  for (const Case& c : {
           Case{{}, {}, true},
           Case{{{"errorIfNot2XX", "false"}}, {}, false},
           Case{{{"errorIfNot2XX", "false"}}, {{"errorIfNot2XX", "true"}}, true},
           Case{{}, {{"errorIfNot2XX", "no"}}, false},
       }) {
    start(c.properties);
    http_->answers = {wire::blocking::HttpReply{.status = 404,
                                                .status_line = "404 Not Found",
                                                .headers = {},
                                                .body = "b",
                                                .redirect_url = ""}};
    auto reply = call("get", c.metadata);
    EXPECT_EQ(!reply, c.error);
    if (!reply) {
      EXPECT_EQ(reply.error().message(), "received status code 404");
    } else {
      EXPECT_EQ(reply->data, "b");
    }
  }
}

TEST_F(HttpBindingTest, FollowsRedirectsAsGo) {
  struct Case {
    int status;
    std::string_view operation;
    std::string_view then;
    bool body;
  };
  for (const Case& c : {
           Case{301, "put", "GET", false},
           Case{302, "post", "GET", false},
           Case{303, "head", "HEAD", false},
           Case{307, "put", "PUT", true},
           Case{308, "post", "POST", true},
       }) {
    start({{"url", "http://h/a"}});
    http_->answers.insert(http_->answers.begin(), redirect(c.status, "http://h/b"));
    ASSERT_TRUE(call(c.operation));
    ASSERT_EQ(http_->calls.size(), 2U);
    EXPECT_EQ(http_->calls[1].method, c.then);
    EXPECT_EQ(http_->calls[1].url, "http://h/b");
    EXPECT_EQ(http_->calls[1].has_body, c.body);
  }
  start({{"url", "http://h/a"}});
  http_->answers = {redirect(302, "")};
  EXPECT_FALSE(call("get")) << "a redirect without a target is the answer, and it is not 2xx";
  start({{"url", "http://h/a"}});
  http_->answers = {redirect(302, "http://h/a")};
  auto reply = call("get");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message(), "Get \"http://h/a\": stopped after 10 redirects");
  EXPECT_EQ(http_->calls.size(), 11U);
}

TEST_F(HttpBindingTest, SecretsStayWithTheHostTheyAreFor) {
  for (std::string_view to : {"http://h/b", "http://other/b", "https://h/b", "http://h:81/b"}) {
    start({{"url", "http://h/a"}, {"securityToken", "s"}, {"securityTokenHeader", "X-Token"}});
    http_->answers.insert(http_->answers.begin(), redirect(307, std::string(to)));
    ASSERT_TRUE(call("get", {{"Authorization", "secret"}, {"Cookie", "c"}, {"X-Other", "1"}}));
    const std::size_t kept = to == "http://h/b" ? 5 : 2;
    EXPECT_EQ(http_->calls[1].headers.size(), kept) << to;
  }
}

TEST_F(HttpBindingTest, TheEarlierOfDeadlineAndResponseTimeoutCounts) {
  start({{"url", "http://h"}, {"responseTimeout", "10s"}});
  ASSERT_TRUE(call("get"));
  EXPECT_EQ(http_->calls.back().deadline, Deadline::in(10s, clock_));
  ASSERT_TRUE(call("get", {}, Deadline::in(3s, clock_)));
  EXPECT_EQ(http_->calls.back().deadline, Deadline::in(3s, clock_));
  start({{"url", "http://h"}});
  ASSERT_TRUE(call("get"));
  EXPECT_TRUE(http_->calls.back().deadline.is_never());
}

TEST_F(HttpBindingTest, AFailureNamesTheCall) {
  start({{"url", "http://h"}});
  http_->answers = {fail(Code::kUnavailable, "nobody there")};
  auto reply = call("post");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::kInternal);
  EXPECT_EQ(reply.error().message(), "Post \"http://h\": nobody there");
}

TEST_F(HttpBindingTest, ReadsItsProperties) {
  start({{"url", "http://h"},
         {"MTLSRootCA", "ca.pem"},
         {"mtlsClientCert", "c.pem"},
         {"mtlsClientKey", "k.pem"},
         {"mtlsRenegotiation", "RenegotiateNever"},
         {"maxResponseBodySize", "10Mi"}});
  EXPECT_EQ(client_options_.root_ca, "ca.pem");
  EXPECT_EQ(client_options_.client_certificate, "c.pem");
  EXPECT_EQ(client_options_.client_key, "k.pem");
  EXPECT_EQ(client_options_.max_body, 10 << 20);

  struct Case {
    Header property;
    std::string_view problem;
  };
  for (const Case& c : {
           Case{{"responseTimeout", "soon"},
                "responseTimeout is 'soon'; expected a duration such as 10s"},
           Case{{"maxResponseBodySize", "big"},
                "maxResponseBodySize is 'big'; expected a size such as 10Mi"},
           Case{{"mtlsRenegotiation", "RenegotiateFreelyAsClient"}, "has RenegotiateNever only"},
       }) {
    Component component;
    component.properties = {c.property};
    auto binding = HttpBinding::create(
        component,
        [](const wire::blocking::HttpClientOptions&)
            -> Result<std::unique_ptr<wire::blocking::HttpClient>> {
          return std::make_unique<FakeHttp>();
        },
        clock_);
    ASSERT_FALSE(binding);
    EXPECT_THAT(binding.error().message(), HasSubstr(std::string(c.problem)));
  }
}

}  // namespace
}  // namespace ofn::localdapr
