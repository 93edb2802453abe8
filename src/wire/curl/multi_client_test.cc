// Requests on a loop: many at once, given up, too late, too large, redirected.
#include "wire/curl/multi_client.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/blocking/canned_server_for_test.h"
#include "wire/memory_account.h"

namespace ofn::wire::curl {
namespace {

using namespace std::chrono_literals;
using blocking::CannedServer;
using blocking::HttpCall;
using blocking::HttpReply;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class MultiClientTest : public ::testing::Test {
 protected:
  static Library library() { return *open_library("the test"); }

  HttpCall get(std::string url) const {
    return {.method = "GET",
            .url = std::move(url),
            .deadline = Deadline::in(30s, clock_),
            .version = blocking::Version::kHttp2,
            .larger = blocking::Larger::kRefused};
  }
  Result<HttpReply> send(const HttpCall& call) {
    std::optional<Result<HttpReply>> got;
    auto request = client_.send(call, [&](Result<HttpReply> reply) { got = std::move(reply); });
    if (!request) return std::unexpected(request.error());
    EXPECT_FALSE(got) << "it answered inside of send()";
    loop_.run_until([&] { return got.has_value(); });
    return *std::move(got);
  }

  SystemClock clock_;
  Loop loop_{clock_};
  DescriptorWaits waits_{loop_};
  MultiClient client_{library(), loop_, waits_, {}};
};

TEST_F(MultiClientTest, SendsAndReceives) {
  CannedServer server({"HTTP/1.1 201 Made\r\nX-A: 1\r\nContent-Length: 3\r\n\r\na\nb", kOk, kOk});
  HttpCall call = get(server.url + "/x?y");
  call.headers = {{"X-One", "1"}};
  const auto reply = send(call);
  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->body, "a\nb");
  call.method = "PUT";
  call.has_body = blocking::Body::kSent;
  call.body = "data";
  EXPECT_TRUE(send(call));
  EXPECT_TRUE(send(get(server.url)));
  server.stop();
  EXPECT_EQ(server.connections, 1) << "the connection stays open";
  EXPECT_THAT(server.requests[0], StartsWith("GET /x?y HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests[0], HasSubstr("X-One: 1\r\n"));
  EXPECT_THAT(server.requests[1], StartsWith("PUT /x?y HTTP/1.1\r\n"));
  EXPECT_TRUE(server.requests[1].ends_with("\r\n\r\ndata"));
}

TEST_F(MultiClientTest, ManyAreUnderWayAtOnce) {
  std::vector<std::unique_ptr<CannedServer>> servers;
  std::vector<MultiClient::UnderWay> requests;
  int ended = 0;
  for (int i = 0; i < 20; ++i) {
    servers.push_back(std::make_unique<CannedServer>(std::vector{kOk}));
    auto request = client_.send(get(servers.back()->url), [&](const Result<HttpReply>& reply) {
      EXPECT_EQ(reply->body, "ok");
      ++ended;
    });
    ASSERT_TRUE(request);
    requests.push_back(*std::move(request));
  }
  loop_.run_until([&] { return ended == 20; });
}

TEST_F(MultiClientTest, GivesUp) {
  CannedServer silent({"", ""});
  for (const char* url : {"", "http://nobody.invalid/"}) {
    bool ended = false;
    auto request = client_.send(get(url[0] == '\0' ? silent.url : url),
                                [&](const Result<HttpReply>&) { ended = true; });
    ASSERT_TRUE(request);
    // Begins to connect, or to resolve the name.
    loop_.poll();
    request->reset();
    loop_.poll();
    EXPECT_FALSE(ended);
  }
}

TEST_F(MultiClientTest, DoneMayDestroyTheRequest) {
  CannedServer server({kOk});
  std::optional<MultiClient::UnderWay> request;
  bool ended = false;
  auto begun = client_.send(get(server.url), [&](const Result<HttpReply>& reply) {
    EXPECT_TRUE(reply);
    request.reset();
    ended = true;
  });
  ASSERT_TRUE(begun);
  request = *std::move(begun);
  loop_.run_until([&] { return ended; });
}

TEST_F(MultiClientTest, TheMemoryAccountCountsWhatArrives) {
  constexpr std::size_t kBytes = std::size_t{300} * 1024;
  const std::string large = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBytes) +
                            "\r\n\r\n" + std::string(kBytes, 'x');
  CannedServer server({large, large, large});
  MemoryAccount account(2 * kBytes);
  MultiClient counted(library(), loop_, waits_, {.account = &account});
  const auto fetch = [&] {
    std::optional<Result<HttpReply>> got;
    std::size_t held = 0;
    auto request = counted.send(get(server.url), [&](Result<HttpReply> reply) {
      held = account.used();
      got = std::move(reply);
    });
    EXPECT_TRUE(request);
    loop_.run_until([&] { return got.has_value(); });
    request->reset();
    EXPECT_TRUE(!*got || held >= (*got)->body.size()) << held;
    return *std::move(got);
  };
  const auto fits = fetch();
  ASSERT_TRUE(fits) << fits.error().text();
  EXPECT_EQ(fits->body.size(), kBytes);
  EXPECT_EQ(account.used(), 0U);
  {
    MemoryShare other(&account);
    ASSERT_TRUE(other.grow_to(kBytes + kBytes / 2));
    const std::size_t before = account.used();
    const auto refused = fetch();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
    EXPECT_THAT(refused.error().text(), HasSubstr("not enough memory for the answer"));
    EXPECT_EQ(account.used(), before);
  }
  EXPECT_TRUE(fetch()) << "there is room again";
  EXPECT_EQ(account.used(), 0U);
}

TEST_F(MultiClientTest, SaysWhyItFailed) {
  CannedServer cut({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n01"});
  CannedServer silent({"", ""});
  CannedServer large({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"});
  std::string many_fields = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 300; ++i) many_fields += "X: " + std::string(1000, 'x') + "\r\n";
  CannedServer large_head({many_fields + "\r\n"});
  CannedServer garbage({"SSH-2.0-x\r\n\r\n"});
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
           Case{large.url, 30s, Code::kResourceExhausted},
           Case{large_head.url, 30s, Code::kResourceExhausted},
           Case{garbage.url, 30s, Code::kInvalidArgument},
           Case{gone.url, 30s, Code::kUnavailable},
           Case{"http://nobody.invalid/", 30s, Code::kUnavailable},
           Case{"file:///etc/passwd", 30s, Code::kInvalidArgument},
           Case{"", 30s, Code::kInvalidArgument},
       }) {
    HttpCall call = get(c.url);
    call.deadline = Deadline::in(c.timeout, clock_);
    call.max_body = 9;
    const auto reply = send(call);
    ASSERT_FALSE(reply) << c.url;
    EXPECT_EQ(reply.error().code(), c.code) << c.url << " " << reply.error().text();
    EXPECT_FALSE(reply.error().message().empty());
  }
}

TEST_F(MultiClientTest, FollowsNoMoreRedirectsThanItMay) {
  const auto redirect = [](const std::string& to) {
    return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 5\r\n\r\nmoved";
  };
  CannedServer server({redirect("/a"), redirect("/b"), redirect("/c"), kOk, redirect("/d"),
                       redirect("/e"), redirect("file:///etc/passwd")});
  HttpCall call = get(server.url);
  const auto first = send(call);
  EXPECT_EQ(first->status, 302);
  EXPECT_EQ(first->body, "moved");
  call.redirects = 2;
  EXPECT_EQ(send(call)->body, "ok");
  call.redirects = 1;
  EXPECT_EQ(send(call).error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(send(call).error().code(), Code::kInvalidArgument) << "only http and https";
}

}  // namespace
}  // namespace ofn::wire::curl
