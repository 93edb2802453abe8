// The link to Redis over real sockets of this machine, on a loop that the test runs. The test plays
// Redis.
#include "localdapr/redis/hiredis_link.h"

#include <arpa/inet.h>
#include <chrono>
#include <functional>
#include <netinet/in.h>
#include <sys/socket.h>
#include <testing/manual_clock.h>
#include <testing/recording_log.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text(const RedisReply& reply) {
  switch (reply.kind) {
    case RedisReply::Kind::kNil:
      return "nil";
    case RedisReply::Kind::kText:
      return "'" + reply.text + "'";
    case RedisReply::Kind::kInteger:
      return std::to_string(reply.integer);
    case RedisReply::Kind::kArray:
      break;
  }
  std::string elements;
  for (const RedisReply& element : reply.elements) elements += " " + text(element);
  return "[" + elements + " ]";
}

class HiredisLinkTest : public ::testing::Test {
 protected:
  HiredisLinkTest() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const bytes = reinterpret_cast<sockaddr*>(&address);
    OFN_CHECK(::bind(listener_, bytes, size) == 0 && ::listen(listener_, 8) == 0 &&
              ::getsockname(listener_, bytes, &size) == 0);
    server_.endpoint = {.host = "127.0.0.1", .port = ntohs(address.sin_port), .unix_path = {}};
  }
  ~HiredisLinkTest() override {
    hang_up();
    ::close(listener_);
  }

  void make() { link_ = make_hiredis_link(server_, loop_, log_); }
  void send(std::vector<std::string> words, Deadline deadline = {}) {
    link_->send(words, deadline, [this, word = words[0]](const Result<RedisReply>& reply) {
      answers_.push_back(word + ": " + (reply ? text(*reply) : reply.error().message()));
    });
  }

  void until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    bool is_met = condition();
    while (!is_met && std::chrono::steady_clock::now() < give_up) {
      loop_.poll();
      is_met = condition();
    }
    ASSERT_TRUE(is_met);
  }
  void pass(Duration time) {
    clock_.advance(time);
    testing::settle(loop_);
  }

  // Plays Redis.
  void accept() {
    hang_up();
    until([this] {
      peer_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      return peer_ >= 0;
    });
  }
  void hang_up() {
    if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  }
  void hear(const std::string& expected) {
    std::string heard;
    until([&] {
      char buffer[4096];
      const auto count = ::recv(peer_, buffer, sizeof(buffer), 0);
      if (count > 0) heard.append(buffer, static_cast<std::size_t>(count));
      return heard.size() >= expected.size();
    });
    EXPECT_EQ(heard, expected);
  }
  void say(std::string_view words) {
    ASSERT_EQ(::send(peer_, words.data(), words.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(words.size()));
  }
  bool is_hung_up() {
    char byte = 0;
    const auto count = ::recv(peer_, &byte, 1, 0);
    return count == 0 || (count < 0 && errno != EAGAIN);
  }

  testing::ManualClock clock_;
  Loop loop_{clock_};
  testing::RecordingLog log_;
  RedisServer server_;
  int listener_ = -1;
  int peer_ = -1;
  std::vector<std::string> answers_;
  std::unique_ptr<RedisLink> link_;
};

constexpr const char* kPing = "*1\r\n$4\r\nPING\r\n";

TEST_F(HiredisLinkTest, AnswersInOrderHoweverTheBytesCome) {
  make();
  const std::vector<std::string> commands = {"A", "B", "C", "D", "E"};
  for (const std::string& command : commands) send({command, std::string("\0\r\n", 3)});
  accept();
  std::string expected;
  for (const std::string& command : commands) {
    expected += "*2\r\n$1\r\n" + command + "\r\n$3\r\n" + std::string("\0\r\n", 3) + "\r\n";
  }
  hear(expected);
  const std::string replies = "+OK\r\n:-7\r\n$-1\r\n*3\r\n$2\r\n\r\n\r\n*0\r\n*-1\r\n-ERR no\r\n";
  for (const char& byte : replies) {
    say({&byte, 1});
    loop_.poll();
  }
  until([this] { return answers_.size() == 5; });
  EXPECT_THAT(answers_,
              ElementsAre("A: 'OK'", "B: -7", "C: nil", "D: [ '\r\n' [ ] nil ]", "E: ERR no"));
}

TEST_F(HiredisLinkTest, SaysNothingBeforeItIsGreeted) {
  server_.user = "ada";
  server_.password = "secret";
  server_.database = 3;
  make();
  send({"PING"});
  accept();
  hear("*3\r\n$4\r\nAUTH\r\n$3\r\nada\r\n$6\r\nsecret\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n");
  say("+OK\r\n+OK\r\n");
  hear(kPing);
  say("+PONG\r\n");
  until([this] { return !answers_.empty(); });
  EXPECT_THAT(answers_, ElementsAre("PING: 'PONG'"));
}

TEST_F(HiredisLinkTest, ARefusalIsTold) {
  server_.password = "secret";
  make();
  send({"PING"}, Deadline(clock_.now() + 10s));
  accept();
  hear("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n");
  say("-WRONGPASS no\r\n");
  until([this] { return is_hung_up(); });
  pass(10s);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], HasSubstr("no connection to Redis at 127.0.0.1:"));
  EXPECT_THAT(answers_[0], HasSubstr(": WRONGPASS no"));
  EXPECT_THAT(log_.text(), HasSubstr("warning: no connection to Redis; trying again"));
  EXPECT_THAT(log_.text(), Not(HasSubstr("secret")));
}

// A refusal is an answer, but the link must still wait longer before each new attempt.
TEST_F(HiredisLinkTest, WhoRefusesIsAskedLessAndLess) {
  server_.password = "secret";
  const char* const auth = "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n";
  make();
  send({"PING"});
  for (const auto pause : {100ms, 200ms, 400ms, 800ms}) {
    accept();
    hear(auth);
    say("-WRONGPASS no\r\n");
    until([this] { return is_hung_up(); });
    pass(pause - 1ms);
    EXPECT_LT(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), 0) << pause.count();
    pass(1ms);
  }
  accept();
  hear(auth);
  say("+OK\r\n");
  hear(kPing);
  say("+PONG\r\n");
  until([this] { return !answers_.empty(); });
  hang_up();
  until([this] { return log_.text().contains("it closed the connection"); });
  send({"PING"});
  pass(100ms);
  accept();
  hear(auth);
}

TEST_F(HiredisLinkTest, WhatWasSentFailsAndWhatWaitsIsSentOnTheNextConnection) {
  make();
  send({"PING"});
  accept();
  hear(kPing);
  hang_up();
  until([this] { return !answers_.empty(); });
  EXPECT_THAT(answers_[0], HasSubstr("it closed the connection"));
  send({"PING"});
  pass(100ms);
  accept();
  hear(kPing);
  say("+PONG\r\n");
  until([this] { return answers_.size() == 2; });
  EXPECT_EQ(answers_[1], "PING: 'PONG'");
  EXPECT_THAT(log_.text(), HasSubstr("info: connected to Redis"));
}

TEST_F(HiredisLinkTest, AnIdleConnectionMayEnd) {
  make();
  send({"PING"});
  accept();
  hear(kPing);
  say("+PONG\r\n");
  until([this] { return !answers_.empty(); });
  hang_up();
  until([this] { return !log_.text().empty(); });
  EXPECT_THAT(log_.text(), HasSubstr("debug: no connection to Redis"));
  EXPECT_THAT(log_.text(), Not(HasSubstr("warning")));
  send({"PING"});
  pass(100ms);
  accept();
  hear(kPing);
}

TEST_F(HiredisLinkTest, WhoIsSilentForLongIsGone) {
  make();
  send({"PING"});
  accept();
  hear(kPing);
  pass(14s);
  EXPECT_FALSE(is_hung_up());
  EXPECT_TRUE(answers_.empty());
  pass(1s);
  EXPECT_TRUE(is_hung_up());
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], HasSubstr("it does not answer"));
}

TEST_F(HiredisLinkTest, AnAnswerThatIsLateIsNobodys) {
  make();
  send({"PING"}, Deadline(clock_.now() + 1s));
  send({"PING"});
  accept();
  hear(std::string(kPing) + kPing);
  pass(1s);
  EXPECT_THAT(answers_, ElementsAre("PING: Redis does not answer in time"));
  say("+LATE\r\n+PONG\r\n");
  until([this] { return answers_.size() == 2; });
  EXPECT_EQ(answers_[1], "PING: 'PONG'");
}

TEST_F(HiredisLinkTest, WhoDoesNotSpeakAsRedisIsLeft) {
  struct Case {
    std::string words;
    std::string why;
  };
  const std::vector<Case> cases = {{"HTTP/1.1 400\r\n", "it does not follow Redis' protocol"},
                                   {"+PONG\r\n+PONG\r\n", "it sent an answer without a command"}};
  for (const Case& given : cases) {
    make();
    send({"PING"});
    accept();
    hear(kPing);
    say(given.words);
    until([&] { return log_.text().contains(given.why); });
    until([this] { return is_hung_up(); });
  }
}

TEST_F(HiredisLinkTest, OnlySoMuchWaits) {
  make();
  send({"PING", std::string(std::size_t{64} << 20, 'x')});
  EXPECT_THAT(answers_, ElementsAre("PING: too many commands wait for Redis"));
  for (int i = 0; i < 10'000; ++i) send({"PING"});
  EXPECT_EQ(answers_.size(), 1U);
  send({"PING"});
  EXPECT_EQ(answers_.size(), 2U);
}

TEST_F(HiredisLinkTest, MayEndAtAnyTime) {
  make();
  link_.reset();
  make();
  send({"PING"});
  link_.reset();  // while it connects
  make();
  send({"PING"});
  loop_.poll();
  accept();
  link_.reset();
  testing::settle(loop_);
  EXPECT_TRUE(answers_.empty());
}

}  // namespace
}  // namespace ofn::localdapr
