#include "wire/blocking/curl_client.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/blocking/canned_server_for_test.h"

namespace ofn::wire::blocking {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CurlClientTest : public ::testing::Test {
 protected:
  Result<HttpReply> send(const HttpCall& call, std::int64_t max_body = 0) {
    if (client_ == nullptr) {
      auto client = make_curl_client({.needed_by = "the test",
                                      .root_ca = "",
                                      .client_certificate = "",
                                      .client_key = "",
                                      .max_body = max_body},
                                     clock_);
      if (!client) return std::unexpected(client.error());
      client_ = *std::move(client);
    }
    return client_->send(call);
  }

  SystemClock clock_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(CurlClientTest, SendsAndReceivesVerbatim) {
  CannedServer server(
      {"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
       "HTTP/1.1 201 Made  It\r\nx-a: 1\r\nX-A:2\r\nEmpty:\r\nContent-Length: 3\r\n\r\na\nb"});
  auto reply = send({.method = "PUT",
                     .url = server.url + "/a/../b?c=%20",
                     .headers = {{"X-One", "1"}, {"X-Empty", ""}, {"Content-Type", "text/plain"}},
                     .has_body = Body::kSent,
                     .body = std::string_view("x\0y", 3),
                     .deadline = Deadline::in(30s, clock_)});
  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->status_line, "201 Made  It");
  EXPECT_EQ(reply->body, "a\nb");
  EXPECT_EQ(reply->redirect_url, "");
  std::vector<std::string> headers;
  for (const Header& header : reply->headers) headers.push_back(header.name + "=" + header.value);
  EXPECT_THAT(headers, ::testing::ElementsAre("x-a=1", "X-A=2", "Empty=", "Content-Length=3"));
  server.stop();
  const std::string& request = server.requests.at(0);
  EXPECT_THAT(request, StartsWith("PUT /a/../b?c=%20 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("X-One: 1\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Empty:\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(request, HasSubstr("User-Agent: functions-framework\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("Expect")));
  EXPECT_TRUE(request.ends_with(std::string_view("\r\n\r\nx\0y", 7)));
}

TEST_F(CurlClientTest, EveryMethodHasItsForm) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const std::string head_ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  CannedServer server({ok, ok, ok, ok, ok, head_ok, ok, ok});
  std::size_t index = 0;
  const std::vector<std::string_view> methods = {"POST",   "PATCH", "PUT",     "GET",
                                                 "DELETE", "HEAD",  "OPTIONS", "TRACE"};
  for (std::string_view method : methods) {
    const bool body = index++ < 3;
    auto reply = send({.method = method,
                       .url = server.url,
                       .headers = {},
                       .has_body = body ? Body::kSent : Body::kNone,
                       .body = "",
                       .deadline = Deadline::in(30s, clock_)});
    ASSERT_TRUE(reply) << reply.error().text();
    EXPECT_EQ(reply->body, "");
  }
  server.stop();
  ASSERT_EQ(server.requests.size(), methods.size());
  for (std::size_t i = 0; i < methods.size(); ++i) {
    EXPECT_THAT(server.requests[i], StartsWith(std::string(methods[i]) + " / HTTP/1.1\r\n"));
    EXPECT_EQ(server.requests[i].find("Content-Length: 0") != std::string::npos, i < 3)
        << methods[i];
  }
  EXPECT_EQ(server.connections, 3)
      << "POST and PATCH use a new connection each; others keep theirs";
}

// If a connection ends before its answer, it is unknown whether the server has processed the
// request. On a reused connection libcurl itself sends the request again.
TEST_F(CurlClientTest, RepeatsOnlyWhatMayBeRepeated) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  struct Case {
    std::string_view method;
    Body body;
    bool repeats;
  };
  for (const Case& c : {
           Case{"POST", Body::kSent, false},
           Case{"PATCH", Body::kSent, false},
           Case{"POST", Body::kNone, false},
           Case{"PUT", Body::kSent, true},
           Case{"GET", Body::kNone, true},
           Case{"DELETE", Body::kNone, true},
       }) {
    CannedServer server({ok, kHangUp, ok});
    const auto ask = [&] {
      return send({.method = c.method,
                   .url = server.url,
                   .headers = {},
                   .has_body = c.body,
                   .body = c.body == Body::kSent ? "x" : "",
                   .deadline = Deadline::in(30s, clock_)});
    };
    EXPECT_TRUE(ask()) << c.method;
    const auto reply = ask();
    EXPECT_EQ(reply.has_value(), c.repeats) << c.method;
    if (!reply) {
      EXPECT_EQ(reply.error().code(), Code::kUnknown) << reply.error().text();
    }
    server.stop();
    EXPECT_EQ(server.requests.size(), c.repeats ? 3U : 2U) << c.method;
  }
}

// A value with a line end would become another field, or end the head.
TEST_F(CurlClientTest, SendsNoFieldThatIsNone) {
  CannedServer server({});
  for (const Header& header :
       {Header{"X-One", "a\r\nX-Two: b"}, Header{"X-One", "a\n"}, Header{"X One", "a"},
        Header{"", "a"}, Header{"X-One", std::string("a\0b", 3)}, Header{"X:\r\nY", "a"}}) {
    const auto reply = send({.method = "GET",
                             .url = server.url,
                             .headers = {header},
                             .body = "",
                             .deadline = Deadline::in(1s, clock_)});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), Code::kInvalidArgument) << reply.error().text();
    EXPECT_EQ(reply.error().message(), "a header's name or value is not valid in HTTP");
  }
  for (const char* method : {"", "GET / HTTP/1.1\r\nX: y", "G T"}) {
    const auto reply = send({.method = method,
                             .url = server.url,
                             .headers = {},
                             .body = "",
                             .deadline = Deadline::in(1s, clock_)});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().message(), "the method is not valid in HTTP");
  }
  server.stop();
  EXPECT_EQ(server.connections, 0);
}

TEST_F(CurlClientTest, TellsWhereARedirectLeadsWithoutFollowing) {
  CannedServer server({"HTTP/1.1 302 Found\r\nLocation: ../x?y\r\nContent-Length: 0\r\n\r\n"});
  auto reply = send({.method = "GET",
                     .url = server.url + "/a/b/c",
                     .headers = {},
                     .body = "",
                     .deadline = Deadline::in(30s, clock_)});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(reply->redirect_url, server.url + "/a/x?y");
}

TEST_F(CurlClientTest, KeepsNoMoreOfABodyThanItMay) {
  CannedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"});
  auto reply = send({.method = "GET",
                     .url = server.url,
                     .headers = {},
                     .body = "",
                     .deadline = Deadline::in(30s, clock_)},
                    4);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "0123");
}

TEST_F(CurlClientTest, SaysWhyItFailed) {
  CannedServer cut({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n01"});
  CannedServer silent({"", ""});
  CannedServer gone({});
  gone.stop();
  struct Case {
    std::string url;
    Duration timeout;
    Code code;
  };
  for (const Case& c : {
           Case{cut.url, 30s, Code::kUnknown},
           Case{silent.url, 50ms, Code::kDeadlineExceeded},
           Case{silent.url, 0s, Code::kDeadlineExceeded},
           Case{gone.url, 30s, Code::kUnavailable},
           Case{"http://nobody.invalid/", 30s, Code::kUnavailable},
           Case{"file:///etc/passwd", 30s, Code::kInvalidArgument},
           Case{"gopher://127.0.0.1/", 30s, Code::kInvalidArgument},
           Case{"", 30s, Code::kInvalidArgument},
           Case{"http://", 30s, Code::kInvalidArgument},
           Case{"http://127.0.0.1:1/a b\r\nX: y", 30s, Code::kInvalidArgument},
       }) {
    auto reply = send({.method = "GET",
                       .url = c.url,
                       .headers = {},
                       .body = "",
                       .deadline = Deadline::in(c.timeout, clock_)});
    ASSERT_FALSE(reply) << c.url;
    EXPECT_EQ(reply.error().code(), c.code) << c.url << " " << reply.error().text();
    EXPECT_FALSE(reply.error().message().empty());
  }
}

}  // namespace
}  // namespace ofn::wire::blocking
