// Sends requests again to a real server, on one loop.
#include "dev/replay.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire/http_sessions.h"
#include "wire/listening_socket.h"
#include "wire/server.h"

namespace ofn::dev {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Keeps what it gets, and answers as the test says.
class App final : public wire::Handler {
 public:
  void handle(wire::ExchangePtr exchange) override {
    const wire::Message& message = exchange->request();
    head = std::string(message.method) + " " + std::string(message.target);
    fields.clear();
    for (const Field& field : message.fields)
      fields.push_back(std::string(field.name) + ": " + std::string(field.value));
    body = message.body;
    answer(std::move(exchange));
  }
  std::string head;
  std::vector<std::string> fields;
  std::string body;
  std::function<void(wire::ExchangePtr)> answer = [](wire::ExchangePtr exchange) {
    const Field id{"X-Request-Id", "2a"};
    exchange->respond(Response("created\n").status(201), {&id, 1});
  };
};

class ReplayTest : public ::testing::Test {
 protected:
  void SetUp() override { address_ = server_.listen({"127.0.0.1", 0, {}}).value(); }
  void TearDown() override {
    bool done = false;
    server_.drain([&] { done = true; });
    until([&] { return done; });
  }
  void until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < give_up) loop_.poll();
    ASSERT_TRUE(condition());
  }
  // Sends it, and waits for the end.
  Result<Replayed> replay(const CallEnded& call) { return replay(call, address_, replays_); }
  Result<Replayed> replay(const CallEnded& call, const wire::Endpoint& to, Replays& by) {
    std::optional<Result<Replayed>> result;
    auto sent = by.send(to, call, [&](Result<Replayed> answered) { result = std::move(answered); });
    if (!sent) return std::unexpected(std::move(sent).error());
    EXPECT_FALSE(result) << "told from inside send()";
    left_out_ = *std::move(sent);
    until([&] { return result.has_value(); });
    return *std::move(result);
  }

  SystemClock clock_;
  NullLog log_;
  wire::Limits limits_;
  Loop loop_{clock_};
  App app_;
  wire::HttpSessions sessions_{app_, limits_, log_};
  Loop* loops_[1] = {&loop_};
  wire::Server server_{loops_, [this](Loop&) { return sessions_.make(); }, limits_, log_};
  wire::Endpoint address_;
  Replays replays_{loop_, 20s};
  std::vector<std::string> left_out_;
};

CallEnded request() {
  return {.kind = "request",
          .method = "POST",
          .path = "/a?b=%20",
          .request = {.fields = {{"Host", "example"}, {"X-A", "1"}}, .body = "data", .size = 4}};
}

TEST_F(ReplayTest, SendsTheSameAgain) {
  const auto answered = replay(request());
  ASSERT_TRUE(answered) << answered.error().message();
  EXPECT_EQ(answered->status, 201);
  EXPECT_EQ(answered->id, "2a");
  EXPECT_EQ(app_.head, "POST /a?b=%20");
  EXPECT_EQ(app_.body, "data");
  EXPECT_THAT(app_.fields,
              ElementsAre("Host: example", "X-A: 1", "Content-Length: 4", "Connection: close"));
  EXPECT_THAT(left_out_, IsEmpty());
}

TEST_F(ReplayTest, SendsLargeAndEmptyBodies) {
  CallEnded large = request();
  large.request.body.assign(Content::kMostKept, 'x');
  large.request.size = large.request.body.size();
  ASSERT_TRUE(replay(large));
  EXPECT_EQ(app_.body, large.request.body);
  CallEnded empty = request();
  empty.method = "GET";
  empty.request = {.fields = {{"Host", "example"}}};
  ASSERT_TRUE(replay(empty));
  EXPECT_THAT(app_.fields, ElementsAre("Host: example", "Connection: close"));
  empty.request.fields.emplace_back("content-length", "0");
  ASSERT_TRUE(replay(empty));
  EXPECT_THAT(app_.fields, ElementsAre("Host: example", "Content-Length: 0", "Connection: close"));
}

TEST_F(ReplayTest, LeavesOutWhatWasAboutTheConnection) {
  CallEnded call = request();
  call.request.fields = {{"connection", "keep-alive, x-hop"},
                         {"Keep-Alive", "timeout=5"},
                         {"X-Hop", "1"},
                         {"TE", "trailers"},
                         {"transfer-encoding", "chunked"},
                         {"Upgrade", "h2c"},
                         {"HTTP2-Settings", "AA"},
                         {"Expect", "100-continue"},
                         {"Proxy-Connection", "close"},
                         {"trailer", "x"},
                         {"accept", "*/*"}};
  ASSERT_TRUE(replay(call));
  EXPECT_THAT(app_.fields, ElementsAre("accept: */*", "Host: " + address_.text(),
                                       "Content-Length: 4", "Connection: close"));
  EXPECT_THAT(left_out_, IsEmpty());
}

TEST_F(ReplayTest, LeavesOutSecretsAndSaysSo) {
  CallEnded call = request();
  call.path = "/a?token=(redacted)&b=1&api_key=(redacted)";
  call.request.fields = {
      {"Host", "h"}, {"Authorization", "(redacted)"}, {"x-api-key", "(redacted)"}};
  ASSERT_TRUE(replay(call));
  EXPECT_EQ(app_.head, "POST /a?b=1");
  EXPECT_THAT(app_.fields, ElementsAre("Host: h", "Content-Length: 4", "Connection: close"));
  EXPECT_THAT(left_out_, ElementsAre("token", "api_key", "Authorization", "x-api-key"));
  call.path = "/a?token=(redacted)";
  ASSERT_TRUE(replay(call));
  EXPECT_EQ(app_.head, "POST /a");
}

TEST_F(ReplayTest, RefusesWhatWasNotRecordedWhole) {
  CallEnded cut = request();
  cut.request.size = 5;
  EXPECT_EQ(replay(cut).error().message(),
            "its body was not recorded whole: only 4 of its 5 bytes were");
  CallEnded broken = request();
  broken.method.clear();
  EXPECT_EQ(replay(broken).error().code(), Code::kFailedPrecondition);
  CallEnded delivery = request();
  delivery.kind = "topic";
  delivery.path = "orders";
  EXPECT_EQ(replay(delivery).error().message(),
            "only requests can be sent again, and this is a delivery of orders");
  EXPECT_EQ(app_.head, "");
}

TEST_F(ReplayTest, WaitsForTheEndOfAnAnswerInPieces) {
  wire::ExchangePtr open;
  app_.answer = [&](wire::ExchangePtr exchange) {
    exchange->begin(Response().status(202), {}, {});
    exchange->write("one\r\n\r\nHTTP/1.1 500 Wrong\r\n\r\n");
    open = std::move(exchange);
  };
  std::optional<Result<Replayed>> result;
  ASSERT_TRUE(
      replays_.send(address_, request(), [&](auto answered) { result = std::move(answered); }));
  until([&] { return open != nullptr; });
  for (int turn = 0; turn < 10; ++turn) loop_.poll();
  EXPECT_FALSE(result);
  open->finish({});
  open.reset();
  until([&] { return result.has_value(); });
  EXPECT_EQ((*result)->status, 202);
}

TEST_F(ReplayTest, SaysThatTheAnswerIsNotWhole) {
  app_.answer = [](wire::ExchangePtr exchange) {
    exchange->begin(Response(), {}, {});
    exchange->write("one");
    exchange->abort();
  };
  EXPECT_EQ(replay(request()).error().code(), Code::kUnavailable);
  app_.answer = [](const wire::ExchangePtr&) {};
  EXPECT_EQ(replay(request()).error().code(), Code::kUnavailable);
}

TEST_F(ReplayTest, GivesUpAtItsTimeLimit) {
  Replays hasty(loop_, 20ms);
  wire::ExchangePtr kept;
  app_.answer = [&](wire::ExchangePtr exchange) { kept = std::move(exchange); };
  EXPECT_EQ(replay(request(), address_, hasty).error().code(), Code::kDeadlineExceeded);
}

TEST_F(ReplayTest, SaysThatNobodyListens) {
  wire::Endpoint nowhere;
  {
    const auto socket = wire::ListeningSocket::listen({"127.0.0.1", 0, {}});
    ASSERT_TRUE(socket);
    nowhere = socket->address();
  }
  const auto answered = replay(request(), nowhere, replays_);
  EXPECT_EQ(answered.error().code(), Code::kUnavailable);
}

TEST_F(ReplayTest, FindsTheAppBehindAWildcardAddressAndAUnixSocket) {
  EXPECT_TRUE(replay(request(), {"0.0.0.0", address_.port, {}}, replays_));
  wire::Server other(loops_, [this](Loop&) { return sessions_.make(); }, limits_, log_);
  const auto bound = other.listen({"", 0, "@ofn-replay-" + std::to_string(::getpid())});
  ASSERT_TRUE(bound);
  CallEnded call = request();
  call.request.fields.clear();
  EXPECT_TRUE(replay(call, *bound, replays_));
  EXPECT_THAT(app_.fields,
              ElementsAre("Host: localhost", "Content-Length: 4", "Connection: close"));
  bool done = false;
  other.drain([&] { done = true; });
  until([&] { return done; });
}

}  // namespace
}  // namespace ofn::dev
