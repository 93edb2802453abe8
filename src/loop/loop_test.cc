#include "loop/loop.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "loop/inline_policy.h"
#include "loop/signals.h"
#include "loop/watch.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;

class StoppedClock final : public Clock {
 public:
  SteadyTime now() const override { return time; }
  SystemTime system_now() const override { return {}; }
  SteadyTime time{};
};

struct LoopTest : testing::Test {
  StoppedClock clock;
  Loop loop{clock};
  std::string log;
};

TEST_F(LoopTest, PostRunsInOrder) {
  loop.post([&] { log += 'a'; });
  loop.post([&] { log += 'b'; });
  EXPECT_EQ(log, "");
  EXPECT_TRUE(loop.poll());
  EXPECT_EQ(log, "ab");
  EXPECT_FALSE(loop.poll());
}

struct Say final : Ready {
  Say(std::string& to, std::string what, std::function<void()> more = {})
      : log(to), text(std::move(what)), then(std::move(more)) {}
  void run_ready() override {
    log += text;
    if (then) then();
  }
  std::string& log;
  std::string text;
  std::function<void()> then;
};

TEST_F(LoopTest, TimeStandsStillWithinAHandler) {
  std::vector<SteadyTime> seen;
  const SteadyTime began = clock.time;
  loop.post([&] {
    seen.push_back(loop.now());
    clock.time += 1s;
    seen.push_back(loop.now());
    seen.push_back(loop.refresh());
    clock.time += 1s;
  });
  loop.post([&] { seen.push_back(loop.now()); });
  loop.poll();
  EXPECT_EQ(seen, (std::vector<SteadyTime>{began, began, began + 1s, began + 2s}));
}

TEST_F(LoopTest, ATurnBeganBehindThoseBeforeIt) {
  std::vector<SteadyTime> seen;
  const SteadyTime began = clock.time;
  const auto turn = [&] {
    seen.push_back(loop.turn_began());
    clock.time += 1s;
    seen.push_back(loop.turn_began());
  };
  Say first(log, "", turn);
  Say second(log, "", turn);
  loop.post([&] {
    EXPECT_EQ(loop.now(), began);
    loop.run_soon(first);
    loop.run_soon(second);
  });
  loop.post([&] { seen.push_back(loop.turn_began()); });
  loop.poll();
  EXPECT_EQ(seen, (std::vector<SteadyTime>{began, began, began + 1s, began + 1s, began + 2s}));
}

TEST_F(LoopTest, RunUntilStopsAfterTheHandlerThatSatisfiesIt) {
  loop.post([&] { log += 'a'; });
  loop.post([&] { log += 'b'; });
  loop.post([&] { log += 'c'; });
  loop.run_until([&] { return log == "ab"; });
  EXPECT_EQ(log, "ab");
  loop.poll();
}

TEST_F(LoopTest, ReadyRunsOnceAfterTheHandlerAndMayQueueMore) {
  Say b(log, "b");
  Say a(log, "a", [&] {
    loop.run_soon(b);
    log += ".";
  });
  auto gone = std::make_unique<Say>(log, "never");
  loop.post([&] {
    loop.run_soon(a);
    loop.run_soon(a);
    loop.run_soon(*gone);
    gone.reset();
    log += "handler ";
  });
  loop.poll();
  EXPECT_EQ(log, "handler a.b");
}

TEST_F(LoopTest, ReadyLastRunsOnceForAllHandlersThatWereDue) {
  Say b(log, "b ");
  Say a(log, "a ");
  a.then = [&] {
    loop.run_soon(b);
    loop.run_at_end_of_turn(a);
    a.then = nullptr;
  };
  auto gone = std::make_unique<Say>(log, "never");
  loop.post([&] {
    loop.run_at_end_of_turn(a);
    loop.run_at_end_of_turn(*gone);
    log += "first ";
  });
  loop.post([&] {
    loop.run_at_end_of_turn(a);
    loop.run_soon(a);
    gone.reset();
    log += "second ";
  });
  loop.post([&] { log += "third "; });
  loop.poll();
  EXPECT_EQ(log, "first second third a b a ");
}

TEST_F(LoopTest, ReadyLastRunsBetweenHandlersThatTakeLong) {
  Say last(log, "last ");
  const auto handler = [&](std::string_view name, Duration took) {
    loop.post([this, name, took, &last] {
      loop.run_at_end_of_turn(last);
      clock.time += took;
      loop.refresh();
      log += name;
    });
  };
  handler("short ", Loop::kEndOfTurnWaits / 2);
  handler("short ", Loop::kEndOfTurnWaits / 2);
  handler("long ", Loop::kEndOfTurnWaits);
  handler("short ", Loop::kEndOfTurnWaits);
  handler("short ", Loop::kEndOfTurnWaits);
  loop.poll();
  EXPECT_EQ(log, "short short long last short short last ");
}

TEST_F(LoopTest, TimersFireInOrderOfTheirMoments) {
  Timer late(loop, [&] { log += "late "; });
  Timer soon(loop, [&] { log += "soon "; });
  Timer never(loop, [&] { log += "never "; });
  late.arm(clock.time + 20s);
  soon.arm(clock.time + 10s);
  never.arm(clock.time + 5s);
  never.disarm();
  clock.time += 9s;
  loop.poll();
  EXPECT_EQ(log, "");
  clock.time += 11s;
  loop.poll();
  EXPECT_EQ(log, "soon late ");
  EXPECT_FALSE(soon.armed());
}

// The handler of a timer always sees that its due time has passed, even if the handler runs in the
// same turn. Otherwise a handler that looks too early would arm the timer for the same time again
// and again, and the loop would do nothing else.
TEST(Loop, ATimerSeesItsMomentPassed) {
  class Ticking final : public Clock {
   public:
    SteadyTime now() const override { return time += 4ms; }
    SystemTime system_now() const override { return {}; }
    mutable SteadyTime time{};
  };
  const Ticking clock;
  Loop loop(clock);
  int looks = 0;
  std::vector<std::unique_ptr<Timer>> timers(50);
  for (std::size_t i = 0; i < timers.size(); ++i) {
    const SteadyTime due = clock.time + (i + 1) * 10ms;
    timers[i] = std::make_unique<Timer>(loop, [&, i, due] {
      if (++looks < 1000 && loop.now() < due) timers[i]->arm(due);
    });
    timers[i]->arm(due);
  }
  while (std::ranges::any_of(timers, [](const auto& timer) { return timer->armed(); })) loop.poll();
  EXPECT_EQ(looks, 50);
}

TEST_F(LoopTest, ArmingMovesTheMomentBothWays) {
  Timer timer(loop, [&] { log += "fired "; });
  timer.arm(clock.time + 10s);
  timer.arm(clock.time + 30s);
  clock.time += 20s;
  loop.poll();
  EXPECT_EQ(log, "");
  timer.arm(clock.time + 1s);
  clock.time += 1s;
  loop.poll();
  EXPECT_EQ(log, "fired ");
}

TEST_F(LoopTest, TimeLimitsPassOnlyWhileTheyCount) {
  struct Limits final : TimeLimits {
    bool are_off() const override { return off; }
    bool off = true;
  } limits;
  TimeLimit limit(loop, [&] { log += "limit "; });
  Timer timer(loop, [&] { log += "timer "; });
  loop.set_time_limits(&limits);
  limit.arm(clock.time + 1s);
  timer.arm(clock.time + 1s);
  clock.time += 1s;
  loop.poll();
  EXPECT_EQ(log, "timer ");
  EXPECT_TRUE(limit.armed());
  EXPECT_TRUE(loop.in_force(Deadline(clock.time)).is_never());
  clock.time += 1h;
  loop.poll();
  EXPECT_EQ(log, "timer ");
  limits.off = false;
  clock.time += TimeLimit::kLooksAgain;
  loop.poll();
  EXPECT_EQ(log, "timer limit ");
  EXPECT_FALSE(limit.armed());
  EXPECT_EQ(loop.in_force(Deadline(clock.time)), Deadline(clock.time));
}

TEST_F(LoopTest, WithoutATimeLimitsObjectLimitsCount) {
  TimeLimit limit(loop, [&] { log += "limit "; });
  limit.arm(clock.time + 1s);
  clock.time += 1s;
  loop.poll();
  EXPECT_EQ(log, "limit ");
}

TEST_F(LoopTest, ManyTimersInAnyOrderWithRemovalsFireSorted) {
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<int> fired;
  Random random(7);
  for (int i = 0; i < 1000; ++i) {
    const int moment = static_cast<int>(random() % 500);
    timers.push_back(std::make_unique<Timer>(loop, [&fired, moment] { fired.push_back(moment); }));
    timers.back()->arm(clock.time + moment * 1ms);
  }
  for (std::size_t i = 0; i < timers.size(); i += 3) timers[i].reset();
  clock.time += 1s;
  loop.poll();
  EXPECT_EQ(fired.size(), 666U);
  EXPECT_TRUE(std::ranges::is_sorted(fired));
}

TEST_F(LoopTest, AClockThatStandsBeforeATimersMomentDoesNotKeepItBusy) {
  Timer timer(loop, [&] { log += "fired"; });
  timer.arm(clock.time + 1ns);
  while (loop.poll()) {
  }
  EXPECT_EQ(log, "");
  clock.time += 1ns;
  loop.poll();
  EXPECT_EQ(log, "fired");
}

TEST_F(LoopTest, ATimerMayDestroyItself) {
  auto timer = std::make_unique<std::unique_ptr<Timer>>();
  *timer = std::make_unique<Timer>(loop, [&] {
    log += "gone";
    timer->reset();
  });
  (*timer)->arm(clock.time);
  loop.poll();
  EXPECT_EQ(log, "gone");
}

struct WatchTest : LoopTest {
  WatchTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0); }
  ~WatchTest() override {
    close(ends[0]);
    close(ends[1]);
  }
  void note(Watch::Seen seen) {
    if (seen.readable) log += seen.read_to_the_end ? "end " : "in ";
    if (seen.writable) log += "out ";
  }
  int ends[2];
};

TEST_F(WatchTest, TellsChangesOnceAndRoomWhenAsked) {
  Watch watch(loop, ends[0], [&](Watch::Seen seen) { note(seen); });
  loop.poll();
  EXPECT_EQ(log, "");
  EXPECT_EQ(write(ends[1], "ab", 2), 2);
  loop.poll();
  loop.poll();
  EXPECT_EQ(log, "in ");
  EXPECT_EQ(write(ends[1], "c", 1), 1);
  loop.poll();
  EXPECT_EQ(log, "in in ") << "even if the bytes have not been read";
  log.clear();
  char bytes[8];
  EXPECT_EQ(read(ends[0], bytes, sizeof bytes), 3);
  watch.want_writable();
  watch.want_writable();
  loop.poll();
  EXPECT_EQ(log, "out ");
  shutdown(ends[1], SHUT_WR);
  loop.poll();
  EXPECT_TRUE(log.starts_with("out end ")) << log;
}

TEST_F(WatchTest, WhatWasSeenOfADestroyedWatchIsNotTold) {
  auto second = std::make_unique<Watch>(loop, ends[1], [&](Watch::Seen) { log += "never"; });
  Watch first(loop, ends[0], [&](Watch::Seen) {
    second.reset();
    log += "first";
  });
  EXPECT_EQ(write(ends[1], "a", 1), 1);
  EXPECT_EQ(write(ends[0], "b", 1), 1);
  loop.poll();
  EXPECT_EQ(log, "first");
}

TEST_F(WatchTest, WhoQueuesItselfLastAgainLetsTheReactorReportFirst) {
  Say again(log, "turn ");
  int turns = 0;
  again.then = [&] {
    if (++turns == 1) {
      EXPECT_EQ(write(ends[1], "a", 1), 1);
    }
    if (turns < 3) loop.run_at_end_of_turn(again);
  };
  Watch watch(loop, ends[0], [&](Watch::Seen seen) { note(seen); });
  loop.run_at_end_of_turn(again);
  loop.poll();
  EXPECT_EQ(log, "turn in turn turn ");
}

TEST(Signals, ArriveOnTheLoopAsOftenAsSent) {
  SystemClock clock;
  Loop loop(clock);
  int received = 0;
  const Signals signals(loop, {SIGUSR1}, [&](int number) {
    EXPECT_EQ(number, SIGUSR1);
    if (++received == 2) return loop.stop();
    std::raise(SIGUSR1);
  });
  std::raise(SIGUSR1);
  loop.run();
  EXPECT_EQ(received, 2);
}

TEST(InlinePolicy, UnknownIsSlowShortMovesInLongMovesOut) {
  InlinePolicy policy;
  for (int i = 0; i < InlinePolicy::kStreak; ++i) {
    EXPECT_FALSE(policy.runs_inline());
    policy.record(1us);
  }
  EXPECT_TRUE(policy.runs_inline());
  policy.record(80us);  // neither short nor long: the function stays inline
  EXPECT_TRUE(policy.runs_inline());
  policy.record(101us);
  EXPECT_FALSE(policy.runs_inline());
  for (int i = 0; i < InlinePolicy::kStreak - 1; ++i) policy.record(1us);
  policy.record(60us);  // ends the streak
  EXPECT_FALSE(policy.runs_inline());
}

}  // namespace
}  // namespace ofn
