// The server ends connections when memory is short: which ones, and when (docs/limits.md, "Who loses when memory is short").
#include <algorithm>
#include <chrono>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "testing/recording_log.h"
#include "wire/memory_account.h"
#include "wire/server.h"

namespace ofn::wire {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::size_t kKilo = 1000;

// Holds as much as the test says, and takes whatever comes.
class HoldingSession final : public Session {
 public:
  HoldingSession(MemoryAccount& account, std::string& shed, std::size_t number)
      : share_(&account), shed_(shed), number_(number) {}

  void hold(std::size_t bytes) { share_.add(bytes); }
  bool make_room(std::size_t bytes) { return transport_->make_room(bytes); }
  void wake() { transport_->wake(); }
  std::size_t received() const { return received_; }
  // As a call does that writes to another connection when it loses its own.
  bool asks_when_shed = false;

  void start(Transport& transport) override { transport_ = &transport; }
  void receive(std::string_view bytes) override { received_ += bytes.size(); }
  void input_ended() override { ending_ = Ending::kLinger; }
  void lost(const Error& /*error*/) override {}
  bool wants_input() const override { return true; }
  std::size_t gather(std::span<std::string_view> /*buffers*/) override { return 0; }
  void sent(std::size_t /*count*/) override {}
  Ending ending() const override { return ending_; }
  void drain() override { ending_ = Ending::kLinger; }
  bool idle() const override { return true; }
  std::size_t held_by_peer() const override { return share_.taken(); }
  void shed() override {
    shed_ += std::to_string(number_);
    if (asks_when_shed) (void)make_room(0);
    share_.release();
    ending_ = Ending::kAbort;
  }

 private:
  MemoryShare share_;
  std::string& shed_;
  const std::size_t number_;
  std::size_t received_ = 0;
  Transport* transport_ = nullptr;
  Ending ending_ = Ending::kOpen;
};

// A server of peers that hold memory, all on one loop that the test turns by hand. The peers have the numbers 0, 1, ….
struct Stage {
  explicit Stage(std::size_t peers) {
    const auto bound = server.listen({"127.0.0.1", 0, {}});
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(bound->port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::size_t i = 0; i < peers; ++i) {
      clients.push_back(socket(AF_INET, SOCK_STREAM, 0));
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
      EXPECT_EQ(
          connect(clients.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      while (sessions.size() <= i) loop.poll();
    }
  }
  ~Stage() {
    for (const int client : clients) close(client);
    bool done = false;
    server.drain([&done] { done = true; });
    while (!done) loop.poll();
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void send(std::size_t peer, std::size_t bytes) {
    const std::string text(bytes, 'x');
    ASSERT_EQ(::send(clients[peer], text.data(), text.size(), 0), static_cast<ssize_t>(bytes));
    const std::size_t before = sessions[peer]->received();
    while (sessions[peer]->received() < before + bytes) loop.poll();
  }
  void wait(Duration time) {
    clock.advance(time);
    ofn::testing::settle(loop);
  }

  ofn::testing::ManualClock clock;
  ofn::testing::RecordingLog log;
  Limits limits;
  Loop loop{clock};
  MemoryAccount account{kKilo * kKilo};
  std::string shed;  // the numbers of those that lost what they held, in that order
  std::vector<HoldingSession*> sessions;
  std::vector<int> clients;
  Loop* loops[1] = {&loop};
  Server server{loops,
                [this](Loop& /*loop*/) {
                  auto session = std::make_unique<HoldingSession>(account, shed, sessions.size());
                  sessions.push_back(session.get());
                  return session;
                },
                limits,
                log,
                0,
                &account};
};

struct Peer {
  std::size_t held;
  std::chrono::milliseconds silent_for;
};

TEST(Shedding, MakesRoomForALittleRequest) {
  struct Case {
    const char* name;
    std::vector<Peer> peers;
    std::size_t asked;
    bool has_room;
    std::string shed;
    std::string reason;
  };
  const Case cases[] = {
      {"who is silent for longest",
       {{300 * kKilo, 150ms}, {300 * kKilo, 200ms}, {300 * kKilo, 0ms}},
       200 * kKilo,
       true,
       "1",
       "reason=it is silent"},
      {"one after the other",
       {{300 * kKilo, 150ms}, {300 * kKilo, 200ms}, {390 * kKilo, 0ms}},
       256 * kKilo,
       true,
       "1",
       "reason=it is silent"},
      {"until it fits",
       {{100 * kKilo, 150ms}, {100 * kKilo, 200ms}, {790 * kKilo, 0ms}},
       200 * kKilo,
       true,
       "10",
       "reason=it is silent"},
      {"a little more than was asked for, of who is silent",
       {{100 * kKilo, 150ms}, {100 * kKilo, 200ms}, {790 * kKilo, 0ms}},
       100 * kKilo,
       true,
       "10",
       "reason=it is silent"},
      {"but no more than that of who is not",
       {{300 * kKilo, 50ms}, {300 * kKilo, 50ms}, {390 * kKilo, 50ms}},
       256 * kKilo,
       true,
       "2",
       "reason=it holds the most memory"},
      {"who is silent before who holds most",
       {{600 * kKilo, 50ms}, {300 * kKilo, 100ms}},
       200 * kKilo,
       true,
       "1",
       "reason=it is silent"},
      {"who holds most and pauses",
       {{400 * kKilo, 30ms}, {300 * kKilo, 50ms}, {250 * kKilo, 90ms}},
       200 * kKilo,
       true,
       "0",
       "reason=it holds the most memory"},
      {"not who moves",
       {{500 * kKilo, 10ms}, {400 * kKilo, 30ms}},
       200 * kKilo,
       true,
       "1",
       "reason=it holds the most memory"},
      {"else who pauses for longest",
       {{240 * kKilo, 40ms}, {240 * kKilo, 30ms}, {240 * kKilo, 50ms}, {240 * kKilo, 10ms}},
       200 * kKilo,
       true,
       "2",
       "reason=it pauses"},
      {"not for the sake of a call that waits",
       {{255 * kKilo, 40ms}, {255 * kKilo, 30ms}, {255 * kKilo, 50ms}, {255 * kKilo, 10ms}},
       0,
       false,
       "",
       ""},
      {"not who pauses and holds little itself",
       {{50 * kKilo, 500ms}, {240 * kKilo, 10ms}, {240 * kKilo, 10ms}, {430 * kKilo, 10ms}},
       200 * kKilo,
       false,
       "",
       ""},
      {"who holds much before who holds little",
       {{50 * kKilo, 1500ms}, {800 * kKilo, 150ms}},
       200 * kKilo,
       true,
       "1",
       "reason=it is silent"},
      {"who holds little, after a second",
       {{50 * kKilo, 1000ms}, {50 * kKilo, 900ms}, {820 * kKilo, 0ms}},
       100 * kKilo,
       true,
       "0",
       "reason=it is silent"},
      {"nobody for a large request", {{900 * kKilo, 500ms}}, 300 * kKilo, false, "", ""},
      {"nobody while there is room", {{700 * kKilo, 500ms}}, 200 * kKilo, true, "", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Stage stage(c.peers.size() + 1);
    const auto longest = std::ranges::max(c.peers, {}, &Peer::silent_for).silent_for;
    for (auto time = 0ms; time <= longest; time += 10ms) {
      for (std::size_t i = 0; i < c.peers.size(); ++i) {
        if (longest - c.peers[i].silent_for == time) stage.send(i, 1);
      }
      if (time < longest) stage.clock.advance(10ms);
    }
    // Nothing of what the loop looks at by itself is due.
    for (std::size_t i = 0; i < c.peers.size(); ++i) stage.sessions[i]->hold(c.peers[i].held);
    EXPECT_EQ(stage.sessions.back()->make_room(c.asked), c.has_room);
    EXPECT_EQ(stage.shed, c.shed);
    EXPECT_THAT(stage.log.text(), HasSubstr(c.reason));
  }
}

TEST(Shedding, WhoAsksIsNotEndedForTheSakeOfWhoIsEnded) {
  Stage stage(2);
  stage.sessions[0]->hold(400 * kKilo);
  stage.sessions[1]->hold(700 * kKilo);
  stage.sessions[0]->asks_when_shed = true;
  stage.clock.advance(1s);
  EXPECT_TRUE(stage.sessions[1]->make_room(0));
  EXPECT_EQ(stage.shed, "0");
}

// Bytes of the peer, or an answer to it, wait for this program: that takes long if much is to do.
TEST(Shedding, WhoWaitsForTheServerIsNotSilent) {
  struct Case {
    const char* name;
    std::size_t held;
    void (*make_wait)(Stage&);
  };
  const Case cases[] = {
      {"bytes wait to be read", 900 * kKilo,
       [](Stage& stage) { EXPECT_EQ(::send(stage.clients[0], "x", 1, 0), 1); }},
      {"an answer waits to be written", 900 * kKilo,
       [](Stage& stage) { stage.sessions[0]->wake(); }},
      {"and the connection holds little", 255 * kKilo,
       [](Stage& stage) { EXPECT_EQ(::send(stage.clients[0], "x", 1, 0), 1); }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Stage stage(2);
    stage.sessions[0]->hold(c.held);
    MemoryShare others(&stage.account);
    others.add(1000 * kKilo - c.held);
    stage.clock.advance(50ms);
    stage.loop.refresh();
    c.make_wait(stage);
    EXPECT_FALSE(stage.sessions[1]->make_room(200 * kKilo));
    EXPECT_EQ(stage.shed, "");
    ofn::testing::settle(stage.loop);
    stage.clock.advance(50ms);
    stage.loop.refresh();
    EXPECT_TRUE(stage.sessions[1]->make_room(200 * kKilo));
    EXPECT_EQ(stage.shed, "0") << "it was served, and is silent now";
  }
}

TEST(Shedding, WhoAsksIsNotEndedMeanwhile) {
  Stage stage(1);
  stage.sessions[0]->hold(900 * kKilo);
  stage.clock.advance(1s);
  EXPECT_FALSE(stage.sessions[0]->make_room(200 * kKilo));
  EXPECT_EQ(stage.shed, "");
  ofn::testing::settle(stage.loop);
  EXPECT_EQ(stage.shed, "0") << "but then, when it is asked for the sake of others";
}

TEST(Shedding, WhileMemoryIsShortTheSlowLoseWhatTheyHold) {
  struct Case {
    const char* name;
    std::vector<std::size_t> held;
    std::vector<std::size_t> moved;  // in half a second
    std::string shed;
  };
  const Case cases[] = {
      {"nothing moves", {600 * kKilo}, {0}, "0"},
      {"slower than the least rate", {600 * kKilo}, {2047}, "0"},
      {"as fast as the least rate", {600 * kKilo}, {2048}, ""},
      {"memory is not short", {500 * kKilo}, {0}, ""},
      {"who holds most first, and no more than are needed",
       {200 * kKilo, 300 * kKilo, 200 * kKilo},
       {0, 0, 0},
       "1"},
      {"not the fast one", {300 * kKilo, 200 * kKilo, 200 * kKilo}, {4000, 0, 4000}, "1"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Stage stage(c.held.size());
    for (std::size_t i = 0; i < c.held.size(); ++i) stage.sessions[i]->hold(c.held[i]);
    ofn::testing::settle(stage.loop);
    for (std::size_t i = 0; i < c.held.size(); ++i) {
      if (c.moved[i] > 0) stage.send(i, c.moved[i]);
    }
    for (int i = 0; i < 4; ++i) stage.wait(100ms);
    EXPECT_EQ(stage.shed, "");
    stage.wait(100ms);
    EXPECT_EQ(stage.shed, c.shed);
    EXPECT_THAT(stage.log.text(), HasSubstr(c.shed.empty() ? "" : "reason=it is too slow"));
  }
}

// More is held than there is, and calls wait: nobody has to ask.
TEST(Shedding, WhatSilentPeersDoNotReadIsGivenBackSoon) {
  Stage stage(3);
  for (HoldingSession* session : stage.sessions) session->hold(400 * kKilo);
  ofn::testing::settle(stage.loop);
  stage.clock.advance(50ms);
  stage.send(2, 1);
  stage.wait(50ms);
  EXPECT_EQ(stage.shed.size(), 1U) << "the account is no longer exhausted then";
  EXPECT_NE(stage.shed, "2");
  EXPECT_FALSE(stage.account.exhausted());
}

}  // namespace
}  // namespace ofn::wire
