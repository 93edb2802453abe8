// A channel and a server over real sockets of this machine, on one loop that the test turns by hand.
#include "wire/grpc/link.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "wire/grpc/channel.h"
#include "wire/grpc/server.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::wire::grpc {
namespace {

class SocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    methods_.add("/echo",
                 [](std::unique_ptr<ServerCall> call) { call->respond({}, call->request()); });
  }
  void until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < give_up) loop_.poll();
    ASSERT_TRUE(condition());
  }
  // One call on a channel of its own.
  void call(const Endpoint& endpoint, const std::string& bytes, Status& status,
            std::string& answer) {
    Channel channel(loop_, connector_to(loop_, endpoint, limits_), {});
    bool done = false;
    channel.call("/echo", bytes, {}, [&](const CallResult& result) {
      status = result.status;
      answer = result.message;
      done = true;
    });
    until([&] { return done; });
    bool closed = false;
    channel.close([&] { closed = true; });
    until([&] { return closed; });
  }

  SystemClock clock_;
  Loop loop_{clock_};
  Loop* loops_[1] = {&loop_};
  NullLog log_;
  Limits limits_;
  grpc::Server methods_{{}};
  HttpSessions sessions_{methods_, limits_, log_};
};

TEST_F(SocketTest, CallsOverTcpAndUnixSockets) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("ofn_link_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const Endpoint tcp{.host = "127.0.0.1", .port = 0, .unix_path = {}};
  const Endpoint local{.host = {}, .port = 0, .unix_path = folder / "socket"};
  const std::string large(3 << 20, 'x');
  for (const Endpoint& wanted : {tcp, local}) {
    wire::Server server(loops_, [this](Loop&) { return sessions_.make(); }, limits_, log_);
    const auto endpoint = server.listen(wanted);
    ASSERT_TRUE(endpoint) << endpoint.error().text();
    for (const std::string& bytes : {std::string("small"), large}) {
      Status status;
      std::string answer;
      call(*endpoint, bytes, status, answer);
      EXPECT_TRUE(status.ok()) << status.message;
      EXPECT_TRUE(answer == bytes);
    }
    bool drained = false;
    server.drain([&] { drained = true; });
    until([&] { return drained; });
  }
  std::filesystem::remove_all(folder);
}

TEST_F(SocketTest, NobodyListens) {
  Status status;
  std::string answer;
  call({.host = {}, .port = 0, .unix_path = "/nonexistent/socket"}, "x", status, answer);
  EXPECT_EQ(status.code, Code::kUnavailable);
  EXPECT_FALSE(status.message.empty());
}

}  // namespace
}  // namespace ofn::wire::grpc
