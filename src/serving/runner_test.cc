// Tests where calls run, and what the log says about calls that do not return.
#include "serving/runner.h"

#include <algorithm>
#include <array>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "loop/loop_threads.h"
#include "loop/no_threads_for_test.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;

struct Call final : Runner::Job {
  Call(Runner& runner, InlinePolicy& policy, std::function<void()> work, std::function<void()> end)
      : Job(runner), policy_(policy), inside(std::move(work)), finished(std::move(end)) {}
  InlinePolicy* begin() override { return &policy_; }
  bool may_wait() const override { return waits; }
  bool may_begin() const override { return --puts_off < 0; }
  void put_off() override { ++was_put_off; }
  void run() override {
    ran_on = std::this_thread::get_id();
    inside();
  }
  void finish() override { finished(); }
  InlinePolicy& policy_;
  std::function<void()> inside, finished;
  bool waits = false;
  mutable int puts_off = 0;
  int was_put_off = 0;
  std::thread::id ran_on;
};

InlinePolicy short_policy(Duration took) {
  InlinePolicy policy;
  for (int i = 0; i < InlinePolicy::kStreak; ++i) policy.record(took);
  return policy;
}

struct RunnerTest : ::testing::Test {
  testing::ManualClock clock;
  testing::RecordingLog log;
  Workers workers{16};
  Loop loop{clock};
  Runners runners{.workers = workers, .log = log};
};

TEST_F(RunnerTest, RunsWhereThePolicyAndTheFunctionSay) {
  struct Case {
    std::string about;
    InlinePolicy policy;
    bool waits, runs_inline;
  };
  const Case cases[] = {
      {"unknown", InlinePolicy(), false, false},
      {"short", short_policy(1us), false, true},
      {"short, but may wait for a loop that cannot be left", short_policy(1us), true, false}};
  Runner runner(runners, loop);
  for (const Case& one : cases) {
    SCOPED_TRACE(one.about);
    InlinePolicy policy = one.policy;
    bool done = false;
    Call call(runner, policy, [] {}, [&] { done = true; });
    call.waits = one.waits;
    runner.queue(call);
    while (!done) loop.poll();
    EXPECT_EQ(call.ran_on == std::this_thread::get_id(), one.runs_inline);
    EXPECT_FALSE(call.running());
  }
}

TEST_F(RunnerTest, AWorkerGivesAJobBackThatMayNotBegin) {
  Runner runner(runners, loop);
  InlinePolicy policy;
  bool done = false;
  Call call(runner, policy, [] {}, [&] { done = true; });
  call.puts_off = 2;
  runner.queue(call);
  while (!done) loop.poll();
  EXPECT_EQ(call.was_put_off, 2);
  EXPECT_FALSE(call.running());
}

TEST_F(RunnerTest, TheFirstOfManyIsNotChargedWithTheReadingOfAll) {
  Runner runner(runners, loop);
  InlinePolicy policy = short_policy(1us);
  std::size_t finished = 0;
  Call first(runner, policy, [] {}, [&] { ++finished; });
  Call second(runner, policy, [] {}, [&] { ++finished; });
  loop.post([&] {
    EXPECT_EQ(loop.now(), clock.now());
    clock.advance(1ms);  // the time that the handler takes to read both calls
    runner.queue(first);
    runner.queue(second);
  });
  loop.poll();
  EXPECT_EQ(finished, 2U);
  EXPECT_TRUE(policy.runs_inline());
}

TEST_F(RunnerTest, ACallIsNotChargedWithWhatOthersDidBeforeIt) {
  struct Other final : Ready {
    explicit Other(std::function<void()> does) : act(std::move(does)) {}
    void run_ready() override { act(); }
    std::function<void()> act;
  };
  Runner runner(runners, loop);
  InlinePolicy policy = short_policy(1us);
  std::size_t finished = 0;
  Call call(runner, policy, [] {}, [&] { ++finished; });
  Other writes([&] { clock.advance(1ms); });
  Other reads([&] { runner.queue(call); });
  loop.post([&] {
    EXPECT_EQ(loop.now(), clock.now());
    loop.run_soon(writes);
    loop.run_soon(reads);
  });
  loop.poll();
  EXPECT_EQ(finished, 1U);
  EXPECT_TRUE(policy.runs_inline());
}

TEST_F(RunnerTest, ACallForWhichThereIsNoThreadTriesAgain) {
  Runner runner(runners, loop);
  InlinePolicy policy;
  bool done = false;
  Call call(runner, policy, [] {}, [&] { done = true; });
  {
    const NoThreads none;
    runner.queue(call);
    for (int i = 0; i < 3; ++i) {
      loop.poll();
      EXPECT_FALSE(call.running());
      clock.advance(10ms);
    }
  }
  while (!done) loop.poll();
  EXPECT_NE(call.ran_on, std::this_thread::get_id());
}

// A case with many calls that are ready on one loop.
struct SharedCase {
  std::string about;
  Duration each;
  bool core_idle;
  std::size_t calls, elsewhere;
};

TEST_F(RunnerTest, WhatIsReadyIsSharedWhenItIsLongTogetherAndACoreIsIdle) {
  const SharedCase cases[] = {{"long together", 30us, true, 8, 2},
                              {"no core is idle", 30us, false, 8, 0},
                              {"short together", 1us, true, 8, 0},
                              {"alone", 40us, true, 1, 0}};
  for (const SharedCase& one : cases) {
    SCOPED_TRACE(one.about);
    Runners all{.workers = workers, .log = log};
    Runner runner(all, loop);
    Loop neighbour(clock);
    const Runner its(all, neighbour);
    std::unique_ptr<std::thread> thread;
    if (one.core_idle) {
      thread = std::make_unique<std::thread>([&] { neighbour.run(); });
      while (!neighbour.is_idle()) std::this_thread::yield();
    }
    InlinePolicy policy = short_policy(one.each);
    std::latch held(1);
    std::size_t finished = 0;
    std::vector<std::unique_ptr<Call>> calls;
    for (std::size_t i = 0; i < one.calls; ++i) {
      calls.push_back(std::make_unique<Call>(runner, policy, [] {}, [&] { ++finished; }));
      // A worker holds its call until the loop has started all calls, so that their number does not depend on timing.
      calls.back()->inside = [&, self = calls.back().get(), here = std::this_thread::get_id()] {
        if (self->ran_on != here) held.wait();
      };
      runner.queue(*calls.back());
    }
    loop.poll();
    EXPECT_EQ(finished, one.calls - one.elsewhere);
    EXPECT_EQ(all.shared_out, one.elsewhere);
    held.count_down();
    while (finished != one.calls) loop.poll();
    EXPECT_EQ(all.shared_out, 0U);
    neighbour.stop();
    if (thread != nullptr) thread->join();
  }
}

TEST(RunnerThreads, AThousandCallsThatBlockAreInsideTogether) {
  constexpr std::size_t kCalls = 1000;
  SystemClock clock;
  NullLog log;
  Workers workers(kCalls);
  Loop loop(clock);
  Runners runners{.workers = workers, .log = log};
  Runner runner(runners, loop);
  InlinePolicy policy;
  std::latch together(kCalls);  // passes only when all of them are inside at once
  std::latch done(kCalls);
  std::vector<std::unique_ptr<Call>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<Call>(
        runner, policy, [&] { together.arrive_and_wait(); }, [&] { done.count_down(); }));
  }
  Loop* loops[] = {&loop};
  const LoopThreads threads(loops);
  loop.post([&] {
    for (const auto& call : calls) runner.queue(*call);
  });
  done.wait();
}

TEST(RunnerThreads, ACallThatBlocksInlineMovesItsFunctionOutAndFinishesOnTheLoop) {
  SystemClock clock;
  NullLog log;
  Workers workers(4);
  Loop loop(clock);
  Runners runners{.workers = workers, .log = log};
  Runner runner(runners, loop);
  InlinePolicy policy = short_policy(1us);
  std::latch second_ran(1);
  std::latch done(2);
  const auto finished = [&] {
    EXPECT_TRUE(loop.in_loop());
    done.count_down();
  };
  Call first(runner, policy, [&] { second_ran.wait(); }, finished);
  Call second(runner, policy, [&] { second_ran.count_down(); }, finished);
  bool second_inline = true;
  Loop* loops[] = {&loop};
  {
    LoopThreads threads(loops);
    loop.post([&] {
      runner.queue(first);
      runner.queue(second);
    });
    done.wait();
    std::latch asked(1);
    loop.post([&] {
      second_inline = policy.runs_inline();
      asked.count_down();
    });
    asked.wait();
    EXPECT_EQ(threads.taken_over(), 1U);
  }
  EXPECT_FALSE(second_inline);
}

TEST(RunnerThreads, AShortCallThatWaitsForItsLoopLeavesItAndMovesItsFunctionOut) {
  SystemClock clock;
  NullLog log;
  Workers workers(4);
  Loop loop(clock);
  Runners runners{.workers = workers, .log = log};
  Runner runner(runners, loop);
  InlinePolicy policy = short_policy(1us);
  std::latch done(1);
  bool began_on_loop = false;
  Call call(
      runner, policy,
      [&] {
        began_on_loop = loop.in_loop();
        loop.release();
        EXPECT_FALSE(loop.in_loop());
        std::latch served(1);
        loop.post([&] { served.count_down(); });
        served.wait();
      },
      [&] {
        EXPECT_TRUE(loop.in_loop());
        EXPECT_FALSE(policy.runs_inline());
        done.count_down();
      });
  call.waits = true;
  Loop* loops[] = {&loop};
  const LoopThreads threads(loops);
  loop.post([&] { runner.queue(call); });
  done.wait();
  EXPECT_TRUE(began_on_loop);
}

// The text that the report has for the stack of a waiting thread. TSan delays signals to a waiting thread, so that the report has
// no stack. But TSan does not delay them while the thread still spins before it waits.
#if defined(OFN_THREAD_SANITIZER)
constexpr std::array kStacks = {"ofn_serving_test", "runner_test.cc",
                                "unknown: its thread takes no signals"};
#else
// With debug information the file is named, else the program.
constexpr std::array kStacks = {"ofn_serving_test", "runner_test.cc"};
#endif

TEST_F(RunnerTest, AFunctionThatDoesNotReturnIsReportedOnce) {
  Runner runner(runners, loop);
  InlinePolicy policy;
  std::latch inside(1);
  std::latch leave(1);
  bool done = false;
  Call call(
      runner, policy,
      [&] {
        inside.count_down();
        leave.wait();
      },
      [&] { done = true; });
  runner.queue(call);
  loop.poll();
  inside.wait();
  EXPECT_TRUE(call.running());
  clock.advance(7s);
  runner.report(call, "app::stuck", {.request = "id-1"});
  while (log.text().empty()) loop.poll();
  leave.count_down();
  while (!done) loop.poll();
  const std::string line = log.text();
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  for (const char* part : {"app::stuck", "id-1", "7000"}) {
    EXPECT_NE(line.find(part), std::string::npos) << line;
  }
  EXPECT_TRUE(std::ranges::any_of(kStacks, [&](const char* stack) { return line.contains(stack); }))
      << line;
}

TEST_F(RunnerTest, AFunctionThatHasReturnedMeanwhileIsNotReported) {
  Runner runner(runners, loop);
  InlinePolicy policy = short_policy(1us);
  bool done = false;
  Call call(runner, policy, [] {}, [&] { done = true; });
  call.inside = [&] {
    runner.report(call, "f", {.request = "id"});
  };  // returns before the report can be made
  runner.queue(call);
  loop.poll();
  EXPECT_TRUE(done);
  while (!loop.poll()) {
  }
  EXPECT_EQ(log.text(), "");
}

}  // namespace
}  // namespace ofn
