// TestServer: a real server, which ends when it is told to.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <ofn/function.h>
#include <ofn/testing/gtest.h>

namespace {

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

}  // namespace

OFN_FUNCTION(served)
