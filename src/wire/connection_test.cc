// Counts the writes of a connection: its other end is a socket that keeps each write apart.
#include "wire/connection.h"

#include <array>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "wire/limits.h"

namespace ofn::wire {
namespace {

// Writes the words that the test gives it.
class TalkingSession final : public Session {
 public:
  void say(std::string_view words) {
    words_ += words;
    transport_->wake();
  }

  void start(Transport& transport) override { transport_ = &transport; }
  void receive(std::string_view /*bytes*/) override {}
  void input_ended() override {}
  void lost(const Error& /*error*/) override {}
  bool wants_input() const override { return true; }
  std::size_t gather(std::span<std::string_view> buffers) override {
    buffers[0] = words_;
    return words_.empty() ? 0 : 1;
  }
  void sent(std::size_t count) override { words_.erase(0, count); }
  Ending ending() const override { return Ending::kOpen; }
  void drain() override {}
  bool idle() const override { return true; }

 private:
  Transport* transport_ = nullptr;
  std::string words_;
};

TEST(Connection, WritesOnceForAllHandlersOfATurn) {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
  const SystemClock clock;
  Loop loop(clock);
  const Limits limits;
  std::vector<std::string> writes;
  {
    Connection connection(loop, ends[0], "test", limits);
    auto owned = std::make_unique<TalkingSession>();
    TalkingSession& session = *owned;
    bool gone = false;
    connection.start(std::move(owned), [&](Connection&) { gone = true; });
    for (const std::string_view words : {"one ", "two ", "three"})
      loop.post([&session, words] { session.say(words); });
    loop.poll();
    std::array<char, 64> packet{};
    for (ssize_t size = 0; (size = recv(ends[1], packet.data(), packet.size(), 0)) > 0;)
      writes.emplace_back(packet.data(), static_cast<std::size_t>(size));
    connection.close();
    while (!gone) loop.poll();
  }
  close(ends[1]);
  EXPECT_EQ(writes, (std::vector<std::string>{"one two three"}));
}

// Finds no memory for what it receives, or hands over to such a session.
class HungrySession final : public Session {
 public:
  HungrySession(bool& lost, bool hands_over) : lost_(lost), hands_over_(hands_over) {}

  void start(Transport& transport) override { transport_ = &transport; }
  void receive(std::string_view bytes) override {
    if (!hands_over_) throw std::bad_alloc();
    transport_->replace(std::make_unique<HungrySession>(lost_, false), bytes);
  }
  void input_ended() override {}
  void lost(const Error& /*error*/) override { lost_ = true; }
  bool wants_input() const override { return true; }
  std::size_t gather(std::span<std::string_view> /*buffers*/) override { return 0; }
  void sent(std::size_t /*count*/) override {}
  Ending ending() const override { return Ending::kOpen; }
  void drain() override {}
  bool idle() const override { return true; }

 private:
  bool& lost_;
  bool hands_over_;
  Transport* transport_ = nullptr;
};

TEST(Connection, EndsIfThereIsNoMemoryForWhatItReceives) {
  struct Case {
    std::string_view how;
    bool hands_over = false;
    std::string_view received{};
    bool drains = false;
  };
  for (const Case& one :
       {Case{.how = "it reads"}, Case{.how = "another session begins", .hands_over = true},
        Case{.how = "it was passed on", .received = "x"},
        Case{.how = "it drains", .drains = true}}) {
    SCOPED_TRACE(one.how);
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const SystemClock clock;
    Loop loop(clock);
    const Limits limits;
    bool lost = false;
    bool gone = false;
    {
      Connection connection(loop, ends[0], "test", limits);
      EXPECT_EQ(write(ends[1], "x", 1), 1);
      connection.start(
          std::make_unique<HungrySession>(lost, one.hands_over), [&](Connection&) { gone = true; },
          one.received);
      if (one.drains) connection.drain();
      for (int i = 0; i < 10 && !gone; ++i) loop.poll();
      EXPECT_TRUE(lost);
      EXPECT_TRUE(gone);
    }
    close(ends[1]);
  }
}

}  // namespace
}  // namespace ofn::wire
