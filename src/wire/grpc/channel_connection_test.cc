// The channel's connection: refused, cut, silent, left and made again.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/grpc/channel.h"
#include "wire/grpc/channel_for_test.h"

namespace ofn::wire::grpc {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST_F(GrpcTest, FailFastFailsWithTheAttempt) {
  network_.refuse = true;
  Seen& first = call("/echo");
  Seen& waits = call("/echo", "w", {.deadline = in(60s), .when_unready = WhenUnready::kWait});
  network_.run();
  EXPECT_EQ(first.status.code, Code::kUnavailable);
  EXPECT_THAT(first.status.message, HasSubstr("connection refused"));
  EXPECT_EQ(first.reach, Reach::kNever);
  Seen& second = call("/echo");  // while backing off
  network_.run();
  EXPECT_EQ(second.status.code, Code::kUnavailable);
  EXPECT_EQ(network_.attempts, 1);
  EXPECT_EQ(waits.calls, 0);
  network_.refuse = false;
  wait(150ms);
  EXPECT_EQ(waits.message, "w");
  EXPECT_EQ(network_.attempts, 2);
}

TEST_F(GrpcTest, BackoffGrowsAndNobodyWaitingMeansNoAttempt) {
  network_.refuse = true;
  Seen& waits = call("/echo", "", {.deadline = in(60s), .when_unready = WhenUnready::kWait});
  network_.run();
  std::vector<Duration> gaps;
  Duration gap{};
  for (int seen = network_.attempts; gap < 60s && waits.calls == 0; gap += 10ms) {
    wait(10ms);
    if (network_.attempts == seen) continue;
    seen = network_.attempts;
    gaps.push_back(std::exchange(gap, 0ms));
  }
  EXPECT_EQ(waits.status.code, Code::kDeadlineExceeded);
  EXPECT_THAT(waits.status.message, HasSubstr("connection refused"));
  EXPECT_EQ(waits.reach, Reach::kNever);
  ASSERT_GT(gaps.size(), 10U);
  EXPECT_LE(gaps.front(), 130ms);
  EXPECT_GE(gaps.back(), 4s);
  EXPECT_LE(gaps.back(), 6010ms);
  const int attempts = network_.attempts;
  wait(60s);
  EXPECT_EQ(network_.attempts, attempts);
}

TEST_F(GrpcTest, AnAttemptThatHangsEndsWithTheDeadline) {
  network_.hang = true;
  Seen& seen = call("/echo", "", {.deadline = in(1s)});
  network_.run();
  wait(1s);
  EXPECT_EQ(seen.status.code, Code::kDeadlineExceeded);
  EXPECT_EQ(seen.reach, Reach::kNever);
}

// After any number of bytes the connection is cut: a call whose handler ran is never called
// "kNever", and every call gets its one answer.
TEST_F(GrpcTest, CutAnywhere) {
  int handled = 0;
  server_.add("/count", [&](std::unique_ptr<ServerCall> call) {
    ++handled;
    call->respond({}, call->request());
  });
  int never = 0;
  int maybe = 0;
  for (std::size_t cut = 1;; ++cut) {
    handled = 0;
    network_.carried = 0;
    network_.cut_after = cut;
    network_.piece = 1 + cut % 7;
    channel_->close([] {});
    network_.run();
    open();
    network_.carried = 0;
    Seen& seen = call("/count", "message", {.deadline = in(5s)});
    network_.run();
    network_.refuse = true;  // so that a call that may be repeated comes back and says so
    wait(200ms);
    network_.refuse = false;
    ASSERT_EQ(seen.calls, 1) << cut;
    if (seen.status.ok()) break;
    EXPECT_EQ(seen.status.code, Code::kUnavailable) << cut;
    EXPECT_LE(handled, 1) << cut;
    if (seen.reach == Reach::kNever) {
      EXPECT_EQ(handled, 0) << cut;
      ++never;
    } else {
      ++maybe;
    }
    ASSERT_LT(cut, 2000U);
  }
  EXPECT_GT(never, 50);
  EXPECT_GT(maybe, 50);
  network_.cut_after = MemoryTransport::kWhole;
}

TEST_F(GrpcTest, GoawayMovesToANewConnection) {
  int lost = 0;
  open({.connection_lost = [&lost] { ++lost; }});
  Seen& in_flight = call("/keep");
  network_.run();
  EXPECT_EQ(lost, 0);
  network_.server().session().drain();
  network_.run();
  EXPECT_FALSE(channel_->connected());
  EXPECT_EQ(lost, 1);
  Seen& next = call("/echo", "next");
  network_.run();
  EXPECT_EQ(next.message, "next");
  EXPECT_EQ(network_.attempts, 2);
  kept_.at(0)->respond({}, "late");
  network_.run();
  EXPECT_EQ(in_flight.message, "late");
  EXPECT_EQ(network_.open(), 1U);
}

TEST_F(GrpcTest, WhatWaitsForAStreamMovesToo) {
  for (int i = 0; i < 101; ++i) call("/keep", std::to_string(i));
  network_.run();
  ASSERT_EQ(kept_.size(), 100U);
  network_.server().session().drain();
  network_.run();
  ASSERT_EQ(kept_.size(), 101U);
  EXPECT_EQ(kept_[100]->request(), "100");
  EXPECT_EQ(network_.attempts, 2);
}

TEST_F(GrpcTest, ClosingTellsWhatCannotHaveArrived) {
  Seen& running = call("/keep");
  network_.run();
  ASSERT_EQ(kept_.size(), 1U);
  Seen& unsent = call("/keep");
  channel_->close([] {});
  network_.run();
  EXPECT_EQ(running.status.code, Code::kCancelled);
  EXPECT_EQ(running.reach, Reach::kMaybe);
  EXPECT_EQ(unsent.status.code, Code::kCancelled);
  EXPECT_EQ(unsent.reach, Reach::kNever);
  EXPECT_EQ(kept_.size(), 1U);
}

TEST_F(GrpcTest, StreamNumbersNeverRunOut) {
  channel_->close([] {});
  network_.run();
  open({.first_stream = 0x7fffffff - 2 * 1024 - 6});
  for (int i = 0; i < 10; ++i) {
    Seen& seen = call("/echo", "x");
    network_.run();
    EXPECT_EQ(seen.message, "x") << i;
  }
  EXPECT_GE(network_.attempts, 2);
}

TEST_F(GrpcTest, DeadPeersAreFound) {
  Seen& lost = call("/keep");
  network_.run();
  network_.silent = true;
  wait(20s);
  EXPECT_EQ(lost.calls, 0);
  wait(10s);
  EXPECT_EQ(lost.calls, 1);
  EXPECT_EQ(lost.status.code, Code::kUnavailable);
  EXPECT_EQ(lost.reach, Reach::kMaybe);
  network_.silent = false;
  wait(1s);
  Seen& next = call("/echo", "again");
  network_.run();
  EXPECT_EQ(next.message, "again");
}

TEST_F(GrpcTest, LivePeersArePingedSeldom) {
  Seen& slow = call("/keep");
  network_.run();
  const std::size_t before = network_.carried;
  for (int i = 0; i < 600; ++i) wait(1s);
  // 20 s, 80 s later, 320 s later: three pings and their answers.
  EXPECT_EQ(network_.carried - before, 3U * 2 * 17);
  kept_.at(0)->respond({}, "done");
  network_.run();
  EXPECT_EQ(slow.message, "done");
}

// A peer that accepts and says nothing useful must not be dialled in a tight loop.
TEST_F(GrpcTest, APeerThatAlwaysLeavesIsBackedOffFrom) {
  class Leaver final : public Handler {
   public:
    void handle(ExchangePtr) override {}
  } leaver;
  handler_ = &leaver;
  Seen& seen = call("/echo", "", {.deadline = in(10s), .when_unready = WhenUnready::kWait});
  for (int i = 0; i < 1000 && seen.calls == 0; ++i) {
    network_.run();
    if (network_.open() > 0) network_.client().lose();
    wait(10ms);
  }
  EXPECT_LT(network_.attempts, 20);
}

// --- answers that no server of ours gives ------------------------------------------------------

}  // namespace
}  // namespace ofn::wire::grpc
