// The service over exchanges in memory: who waits at the gate, where calls run, what stops them.
#include "serving/http/http_service.h"

#include <latch>
#include <stop_token>

#include <gtest/gtest.h>

#include "serving/http/http_service_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using wire::FakeAnswer;
using wire::FakeExchange;

TEST_F(HttpServiceTest, TheFunctionAnswersAfterTheWireHasReturned) {
  make(4, 4);
  FakeAnswer answer;
  send(answer, "/a?b");
  EXPECT_EQ(g_calls, 0) << "user code ran inside the wire's call";
  until([&] { return answer.released; });
  EXPECT_EQ(answer.count, 1);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello /a?b");
  EXPECT_EQ(answer.fields["X-OpenFunction-Status"], "success");
  EXPECT_EQ(answer.fields["X-Request-Id"].size(), 32U);
  EXPECT_EQ(gate_->in_use(), 0U);
}

TEST_F(HttpServiceTest, EachFunctionHasItsOwnPolicy) {
  functions_ = {hello(), hello()};
  functions_[0].routes = {{"/short", "a.cc:1"}};
  functions_[1].routes = {{"/other", "a.cc:2"}};
  make(4, 4);
  const auto call = [&](const char* target) {
    FakeAnswer answer;
    send(answer, target);
    until([&] { return answer.released; });
  };
  for (int i = 0; i < InlinePolicy::kStreak; ++i) call("/short");
  bool on_loop = false;
  g_inside = [&] { on_loop = loop_.in_loop(); };
  call("/short");
  EXPECT_TRUE(on_loop);
  call("/other");
  EXPECT_FALSE(on_loop) << "nothing is known of it yet";
}

TEST_F(HttpServiceTest, BeyondConcurrencyAndQueueCallersAreTurnedAway) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  g_inside = [&] {
    if (g_calls == 1) {
      entered.count_down();
      go.wait();
    }
  };
  FakeAnswer first, second, third;
  send(first);
  loop_.poll();
  entered.wait();
  send(second);
  send(third);
  testing::settle(loop_);
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(third.fields["retry-after"], "1");
  EXPECT_EQ(third.fields["X-OpenFunction-Status"], "error");
  EXPECT_TRUE(third.released);
  EXPECT_EQ(second.count, 0);
  EXPECT_EQ(gate_->waiting(), 1U);
  go.count_down();
  until([&] { return second.released; });
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(g_calls, 2);
  EXPECT_EQ(gate_->in_use(), 0U);
}

TEST_F(HttpServiceTest, EventsAreTurnedAwayWith429) {
  function_.signature = Signature::kCloudEvent;
  make(1, 0);
  std::latch go(1);
  g_inside = [&] { go.wait(); };
  FakeAnswer first, second;
  // Keeps the slot: what it is does not matter to the gate.
  struct Slot final : Gate::Waiter {
    explicit Slot(Loop& on) : where(on) {}
    Loop& loop() override { return where; }
    void admitted() override {}
    Loop& where;
  } slot(loop_);
  ASSERT_EQ(gate_->enter(slot), Gate::Entry::kIn);
  send(second, "/", {}, "POST");
  testing::settle(loop_);
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(second.fields["retry-after"], "1");
  gate_->leave();
}

TEST_F(HttpServiceTest, WhoWaitsBeyondTheDeadlineGets504AndNeverRuns) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  g_inside = [&] {
    entered.count_down();
    go.wait();
  };
  FakeAnswer first, second;
  send(first);
  loop_.poll();
  entered.wait();
  send(second);
  clock_.advance(11s);
  testing::settle(loop_);
  EXPECT_EQ(first.status, 504);
  EXPECT_EQ(second.status, 504);
  EXPECT_FALSE(first.released) << "the function still reads its request";
  EXPECT_EQ(gate_->in_use(), 1U) << "its slot stays taken";
  go.count_down();
  until([&] { return first.released && second.released; });
  EXPECT_EQ(g_calls, 1);
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(gate_->in_use(), 0U);
}

TEST_F(HttpServiceTest, ACallerThatGoesAwayStopsItsCall) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  hold_until_stopped(entered, go);
  FakeAnswer first, second;
  FakeExchange* running = send(first);
  loop_.poll();
  entered.wait();
  FakeExchange* waiting = send(second);
  waiting->abandon();
  EXPECT_TRUE(second.released) << "it leaves the queue at once";
  EXPECT_EQ(gate_->waiting(), 0U);
  running->abandon();
  go.count_down();
  until([&] { return first.released; });
  EXPECT_TRUE(g_stop_seen);
  EXPECT_EQ(g_calls, 1);
}

TEST_F(HttpServiceTest, ACallerThatOnlyFinishedSendingMayStillGoAway) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  hold_until_stopped(entered, go);
  FakeAnswer first, second;
  FakeExchange* running = send(first);
  loop_.poll();
  entered.wait();
  FakeExchange* waiting = send(second);
  waiting->finish_sending();
  EXPECT_EQ(gate_->waiting(), 1U) << "it still reads, and keeps its place";
  waiting->abandon();
  EXPECT_TRUE(second.released);
  EXPECT_EQ(gate_->waiting(), 0U);
  running->finish_sending();
  go.count_down();
  until([&] { return first.released; });
  EXPECT_TRUE(g_stop_seen);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(g_calls, 1);
}

TEST_F(HttpServiceTest, WhatHangsOnAStopTokenMayWaitForTheLoop) {
  make(2, 2);
  std::latch entered(1);
  std::latch go(1);
  g_inside_with = [&](const Request& request) {
    if (request.path() != "/waits") return;
    // As one that locks what the function holds while it waits for an answer that comes by the loop.
    const std::stop_callback waits(request.stop_token(), [&] { go.wait(); });
    entered.count_down();
    go.wait();
  };
  FakeAnswer first, second;
  FakeExchange* running = send(first, "/waits");
  loop_.poll();
  entered.wait();
  running->abandon();
  send(second);
  until([&] { return second.released; });
  EXPECT_EQ(second.status, 200);
  EXPECT_FALSE(first.released);
  go.count_down();
  until([&] { return first.released; });
}

TEST_F(HttpServiceTest, StoppingTheCallsReachesTheFunction) {
  make(1, 1);
  std::latch entered(1);
  std::latch go(1);
  hold_until_stopped(entered, go);
  FakeAnswer answer;
  send(answer);
  loop_.poll();
  entered.wait();
  on_loop_->stop_calls();
  go.count_down();
  until([&] { return answer.released; });
  EXPECT_TRUE(g_stop_seen);
}

TEST_F(HttpServiceTest, ShortFunctionsMoveToTheLoopAndLongOnesAway) {
  make(4, 4);
  for (int i = 0; i < InlinePolicy::kStreak; ++i) {
    FakeAnswer answer;
    send(answer);
    until([&] { return answer.released; });
  }
  FakeAnswer inline_call;
  bool on_loop = false;
  g_inside = [&] {
    on_loop = loop_.in_loop();
    if (on_loop) clock_.advance(1ms);  // the only thread that reads it then
  };
  send(inline_call);
  loop_.poll();
  EXPECT_TRUE(inline_call.released);
  EXPECT_TRUE(on_loop);
  FakeAnswer after;
  send(after);
  until([&] { return after.released; });
  EXPECT_FALSE(on_loop) << "one long call moves the function to the workers";
}

// Its own memory must not keep a call from its turn: nobody else would give any back.
TEST_F(HttpServiceTest, ACallRunsAlsoIfItsAnswerIsExpectedToExceedTheMemory) {
  constexpr std::size_t kMemory = std::size_t{64} * 1024;
  wire::MemoryAccount account(kMemory);
  make(8, 8);
  service_.reset();
  gate_ = std::make_unique<Gate>(8, 8, &account);
  function_.invoke = [](const abi::Call&, abi::Outcome& outcome) {
    outcome.response = Response(std::string(2 * kMemory, 'x'));
  };
  functions_ = {function_};
  routes_ = Routes::of(functions_).value();
  service_ = std::make_unique<HttpService>(routes_, *gate_, workers_, log_, 10s, 8);
  on_loop_ = std::make_unique<HttpService::OnLoop>(*service_, environment_);
  FakeAnswer first;
  FakeAnswer second;
  send(first);
  until([&] { return first.released; });
  send(second);
  until([&] { return second.released; });
  EXPECT_EQ(second.status, 200);
  // They use the account, which ends with this test.
  on_loop_.reset();
  service_.reset();
  gate_.reset();
}

}  // namespace
}  // namespace ofn
