#include "dev/orders.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <sys/socket.h>
#include <testing/manual_clock.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

using namespace std::chrono_literals;

// A worker whose reading the test decides.
class OrdersTest : public ::testing::Test {
 protected:
  // A connection that tells which one it is by its bytes.
  static Passing connection(int number) {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    const os::Descriptor other(pair[1]);
    return {.socket = os::Descriptor(pair[0]),
            .unread = std::to_string(number) + " " + std::string(kPadding, 'x')};
  }
  bool pass(int number) {
    Passing passing = connection(number);
    const bool is_taken = orders_.pass(passing);
    EXPECT_EQ(is_taken, !passing.socket);
    return is_taken;
  }
  static std::string number_of(const std::string& unread) {
    return unread.substr(0, unread.find(' ') + 1);
  }
  // Reads all that is in the channel: "r" for a release, else the connection's number.
  std::string read(int most = kMany) {
    std::string got;
    for (int i = 0; i < most; ++i) {
      auto [message, ended] = theirs_.receive();
      if (!message) break;
      EXPECT_EQ(static_cast<bool>(message->descriptor), message->kind == MessageKind::kConnection);
      got += (message->kind == MessageKind::kRelease ? "r " : number_of(message->text));
    }
    return got;
  }
  void after(Duration time) {
    clock_.advance(time);
    ofn::testing::settle(loop_);
  }

  static constexpr int kMany = 10'000;
  static constexpr int kWaiting = 400;  // more than the channel has room for
  static constexpr std::size_t kPadding = 8192;
  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  std::pair<ControlChannel, ControlChannel> ends_ = *ControlChannel::pair();
  const ControlChannel& theirs_ = ends_.second;
  int stuck_ = 0;
  Orders orders_{loop_, ends_.first, [this] { ++stuck_; }};
};

TEST_F(OrdersTest, AreSentAtOnce) {
  EXPECT_TRUE(pass(1));
  orders_.release();
  EXPECT_TRUE(pass(2));
  EXPECT_EQ(read(), "1 r 2 ");
  after(1h);
  EXPECT_EQ(stuck_, 0);
  EXPECT_TRUE(orders_.take_unsent().empty());
}

// The other end reads nothing for a while. Nothing blocks, and no order overtakes another one.
TEST_F(OrdersTest, WaitForRoomInTheirOrder) {
  std::string sent;
  for (int number = 0; number < kWaiting; ++number) {
    ASSERT_TRUE(pass(number));
    sent += std::to_string(number) + " ";
    if (number == kWaiting / 2) {
      orders_.release();
      sent += "r ";
    }
  }
  std::string got = read();
  EXPECT_LT(got.size(), sent.size());
  int more = kWaiting;
  while (got.size() < sent.size()) {
    const std::size_t before = got.size();
    if (more < kWaiting + 3) {  // there is room, but others wait for it
      ASSERT_TRUE(pass(more));
      sent += std::to_string(more++) + " ";
    }
    orders_.send_waiting();
    got += read();
    ASSERT_GT(got.size(), before);
  }
  EXPECT_EQ(got, sent);
  after(1h);
  EXPECT_EQ(stuck_, 0);
}

TEST_F(OrdersTest, AWorkerThatDoesNotReadIsStuck) {
  EXPECT_TRUE(pass(1));
  after(2s);
  EXPECT_TRUE(pass(2));  // more orders do not make it wait longer
  after(Orders::kReadsWithin - 2s - 1ms);
  EXPECT_EQ(stuck_, 0);
  after(1ms);
  EXPECT_EQ(stuck_, 1);
  after(Orders::kReadsWithin);
  EXPECT_EQ(stuck_, 2);
  EXPECT_EQ(read(), "1 2 ");
  after(1h);
  EXPECT_EQ(stuck_, 2);
}

TEST_F(OrdersTest, AWorkerThatReadsSlowlyIsNotStuck) {
  for (int number = 0; number < 20; ++number) {
    EXPECT_TRUE(pass(2 * number));
    EXPECT_TRUE(pass(2 * number + 1));
    after(Orders::kReadsWithin - 1ms);
    EXPECT_NE(read(1), "");
  }
  EXPECT_EQ(stuck_, 0);
}

TEST_F(OrdersTest, WhatAWorkerHasNotBeenGivenComesBack) {
  for (int number = 0; number < kWaiting; ++number) ASSERT_TRUE(pass(number));
  orders_.release();
  const std::vector<Passing> unsent = orders_.take_unsent();
  ASSERT_FALSE(unsent.empty());
  EXPECT_EQ(number_of(unsent.back().unread), std::to_string(kWaiting - 1) + " ");
  EXPECT_TRUE(unsent.back().socket);
  std::string got = read();
  for (const Passing& each : unsent) got += number_of(each.unread);
  std::string all;
  for (int number = 0; number < kWaiting; ++number) all += std::to_string(number) + " ";
  EXPECT_EQ(got, all);
}

TEST_F(OrdersTest, AWorkerThatHasEndedTakesNothing) {
  {
    const ControlChannel ended = std::move(ends_.second);
  }
  Passing passing = connection(1);
  EXPECT_FALSE(orders_.pass(passing));
  EXPECT_TRUE(passing.socket);
  EXPECT_EQ(number_of(passing.unread), "1 ");
}

}  // namespace
}  // namespace ofn::dev
