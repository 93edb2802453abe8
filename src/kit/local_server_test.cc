// TestServer: a real server, which ends when it is told to.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <ofn/function.h>
#include <ofn/http_client.h>
#include <ofn/task.h>
#include <ofn/testing/gtest.h>

namespace {

// Asks a server for the path, and answers with what that has said.
ofn::task<std::string> passed_on(const ofn::Request& request) {
  const auto reply = co_await ofn::async_get("https://shop.example" + std::string(request.path()));
  if (!reply.ok()) co_return std::string(ofn::code_name(reply.failure().code));
  co_return std::to_string(reply->status) + " " + reply->body;
}

std::string served(const ofn::Request& request) { return "served " + std::string(request.path()); }

// Returns the answer to a request over HTTP/1.0; empty if nobody listens.
std::string fetched(std::uint16_t port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    (void)!write(fd, request.data(), request.size());
    char bytes[4096];
    for (ssize_t size = 0; (size = read(fd, bytes, sizeof bytes)) > 0;)
      answer.append(bytes, static_cast<std::size_t>(size));
  }
  close(fd);
  return answer;
}

TEST(TestServer, ServesUntilItIsStopped) {
  ofn::testing::Options options{.target = "served"};
  ofn::testing::TestServer one(options);
  ofn::testing::TestServer other(options);
  EXPECT_NE(one.port(), other.port());
  EXPECT_THAT(fetched(one.port(), "/a"), ::testing::HasSubstr("served /a"));
  EXPECT_THAT(fetched(other.port(), "/b"), ::testing::HasSubstr("served /b"));
  EXPECT_EQ(one.url(), "http://127.0.0.1:" + std::to_string(one.port()));
  const std::uint16_t port = one.port();
  one.stop();
  EXPECT_EQ(fetched(port, "/a"), "");
  EXPECT_THAT(fetched(other.port(), "/b"), ::testing::HasSubstr("200 OK"));
}

TEST(TestServer, AsksServersThatTheTestScripts) {
  ofn::testing::TestServer server({.target = "passed_on"});
  server.web().answer("https://shop.example/tea", "4");
  server.web().answer("https://shop.example/by/*", [](const ofn::HttpCall& call) {
    return ofn::testing::WebAnswer{.status = 201, .body = call.method() + " " + call.url()};
  });
  server.web().fail("https://shop.example/gone", ofn::testing::WebFault::kUnreachable);
  EXPECT_THAT(fetched(server.port(), "/tea"), ::testing::EndsWith("\r\n\r\n200 4"));
  EXPECT_THAT(fetched(server.port(), "/by/1"),
              ::testing::EndsWith("201 GET https://shop.example/by/1"));
  EXPECT_THAT(fetched(server.port(), "/gone"), ::testing::EndsWith("UNAVAILABLE"));
  EXPECT_THROW(server.web().answer("shop", "4"), std::runtime_error);
  std::vector<std::string> asked;
  for (const ofn::HttpCall& call : server.web().asked()) asked.push_back(call.url());
  EXPECT_THAT(asked, ::testing::ElementsAre("https://shop.example/tea", "https://shop.example/by/1",
                                            "https://shop.example/gone"));
  server.stop();
}

TEST(TestServer, SaysWhichAnswerIsMissingWhenItIsStopped) {
  ofn::testing::TestServer server({.target = "passed_on"});
  EXPECT_THAT(fetched(server.port(), "/tea"), ::testing::EndsWith("FAILED_PRECONDITION"));
  try {
    server.stop();
    ADD_FAILURE() << "it did not throw";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "the function asked for GET https://shop.example/tea, and the test does not say "
                 "what that answers; write server.web().answer(\"https://shop.example/tea\", …) "
                 "before the call");
  }
  server.stop();  // nothing is left to do
}

}  // namespace

OFN_FUNCTION(served)
OFN_FUNCTION(passed_on)
