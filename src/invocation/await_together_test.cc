// Locks of tasks (<ofn/semaphore.h>), and the first of several (<ofn/when_any.h>).
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/semaphore.h>
#include <ofn/when_any.h>

#include "invocation/await_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

task<int> number_after(Duration time, int number) {
  const bool slept = co_await sleep_for(time);
  shared->steps.push_back(std::to_string(number) + (slept ? "" : " asked to stop"));
  co_return number;
}
task<int> throws_after(Duration time) {
  co_await sleep_for(time);
  throw std::runtime_error("failed first");
}
task<> unaware(Duration time) {
  for (int i = 0; i < 3; ++i) co_await sleep_for(time);
  shared->steps.emplace_back("unaware");
}

TEST_F(AwaitTest, WhenAnyEndsTheOthers) {
  const auto race = []() -> task<std::string> {
    const auto first =
        co_await when_any(number_after(3ms, 3), text(), number_after(2ms, 2), waits_for_stop(),
                          readable_within(1h), signal(), unaware(1h));
    co_return std::to_string(first.index()) + ":" + std::to_string(std::get<2>(first));
  };
  EXPECT_EQ(answer(race, {time(2ms)}), "2:2");
  EXPECT_THAT(shared_.steps, ElementsAre("2", "3 asked to stop", "unaware"));
}

TEST_F(AwaitTest, WhenAnyTakesAVector) {
  const auto race = []() -> task<std::string> {
    std::vector<task<int>> tasks;
    for (int i = 9; i > 0; --i) tasks.push_back(number_after(std::chrono::milliseconds(i), i));
    const First<int> first = co_await when_any(std::move(tasks));
    // The call goes on as before.
    const bool slept = co_await sleep_for(1ms);
    co_return std::to_string(first.index) + std::to_string(first.value) + (slept ? " on" : "");
  };
  EXPECT_EQ(answer(race, {time(1ms), time(1ms)}), "81 on");
  const auto none = []() -> task<std::string> {
    co_await when_any(std::vector<task<int>>());
    co_return "";
  };
  EXPECT_THAT(answer(none), HasSubstr("at least one task"));
  const auto throws = []() -> task<std::string> {
    co_await when_any(throws_after(1ms), number_after(1h, 1));
    co_return "";
  };
  EXPECT_THAT(answer(throws, {time(1ms)}), HasSubstr("failed first"));
}

TEST_F(AwaitTest, WhenAnyBeginsNoTaskAfterTheFirstHasEnded) {
  const auto cached = []() -> task<std::string> { co_return "cached"; };
  const auto race = [cached]() -> task<std::string> {
    const auto first = co_await when_any(cached(), number_after(0ms, 1));
    co_return std::get<0>(first);
  };
  EXPECT_EQ(answer(race), "cached");
  EXPECT_THAT(shared_.steps, ElementsAre());
}

TEST_F(AwaitTest, ScopesAreNested) {
  // The inner loser ends with the inner race, and the outer one waits on.
  const auto inner = []() -> task<std::string> {
    co_await when_any(number_after(1ms, 1), number_after(1h, 2));
    const bool slept = co_await sleep_for(1ms);
    const bool asked = co_await stop_requested();
    co_return std::string(slept ? "slept" : "woken") + (asked ? " asked" : "");
  };
  const auto outer = [inner](Duration limit) -> task<std::string> {
    const auto first = co_await when_any(inner(), number_after(limit, 3));
    co_return first.index() == 0 ? std::get<0>(first) : "outer";
  };
  EXPECT_EQ(answer([outer] { return outer(1h); }, {time(1ms), time(1ms)}), "slept");
  EXPECT_THAT(shared_.steps, ElementsAre("1", "2 asked to stop", "3 asked to stop"));
  shared_.steps.clear();
  EXPECT_EQ(answer([outer] { return outer(500us); }, {time(500us)}), "outer");
  EXPECT_THAT(shared_.steps, ElementsAre("3", "1 asked to stop", "2 asked to stop"));
}

task<int> nested(int depth) {
  if (depth == 0) co_return co_await number_after(1ms, 0);
  const auto first = co_await when_any(nested(depth - 1), number_after(1h, depth));
  co_return 1 + std::get<0>(first);
}

TEST_F(AwaitTest, WhenAnyMayBeNestedDeep) {
  const auto deep = []() -> task<std::string> { co_return std::to_string(co_await nested(1000)); };
  EXPECT_EQ(answer(deep, {time(1ms)}), "1000");
  EXPECT_EQ(shared_.steps.size(), 1001U);
  shared_.steps.clear();
  EXPECT_EQ(answer(deep, {stop()}), "1000");
}

Semaphore two(2);
constinit Mutex one;

task<std::string> in_turn(int number) {
  const Permit permit = co_await two.acquire();
  if (!permit) co_return "stopped";
  shared->steps.push_back("+" + std::to_string(number));
  co_await sleep_for(1ms);
  shared->steps.push_back("-" + std::to_string(number));
  co_return "done";
}

TEST_F(AwaitTest, ASemaphoreLetsTasksThroughInTheirOrder) {
  const auto all = []() -> task<std::string> {
    std::vector<task<std::string>> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(in_turn(i));
    co_await when_all(std::move(tasks));
    co_return "done";
  };
  EXPECT_EQ(answer(all, {time(1ms), time(1ms), time(1ms)}), "done");
  EXPECT_THAT(shared_.steps,
              ElementsAre("+0", "+1", "-0", "-1", "+2", "+3", "-2", "-3", "+4", "-4"));
}

TEST_F(AwaitTest, AWaiterThatStopsLeavesTheQueue) {
  Permit held = one.try_lock();
  ASSERT_TRUE(held);
  EXPECT_FALSE(one.try_lock());
  const auto locks = []() -> task<std::string> {
    const Permit lock = co_await one.lock();
    co_return lock ? "locked" : "stopped";
  };
  EXPECT_EQ(answer(locks, {time(1h), stop()}), "stopped");
  EXPECT_EQ(answer(locks, {act([&] { held.release(); })}), "locked");
  EXPECT_EQ(answer(locks), "locked");
  held = one.try_lock();
  EXPECT_TRUE(held) << "nobody has kept it";
}

TEST_F(AwaitTest, TenThousandWaitForOneWhoseHolderIsStopped) {
  constexpr int kMany = 10'000;
  const auto all = []() -> task<std::string> {
    Permit lock = co_await one.lock();
    std::vector<task<int>> tasks;
    const auto waiter = []() -> task<int> {
      const Permit mine = co_await one.lock();
      co_return mine ? 1 : 0;
    };
    for (int i = 0; i < kMany; ++i) tasks.push_back(waiter());
    const auto holder = [](Permit held) -> task<int> {
      co_await stopped();
      held.release();
      co_return 0;
    };
    tasks.push_back(holder(std::move(lock)));
    int locked = 0;
    for (const int got : co_await when_all(std::move(tasks))) locked += got;
    co_return std::to_string(locked) + (one.try_lock() ? " free" : " held");
  };
  // All are asked to stop at once, in the order of their waits.
  EXPECT_EQ(answer(all, {stop()}), "0 free");
  const auto released = []() -> task<std::string> {
    std::vector<task<int>> tasks;
    const auto waiter = []() -> task<int> {
      const Permit mine = co_await one.lock();
      co_return mine ? 1 : 0;
    };
    Permit lock = co_await one.lock();
    for (int i = 0; i < kMany; ++i) tasks.push_back(waiter());
    const auto holder = [](Permit held) -> task<int> {
      co_await sleep_for(1ms);
      held.release();
      co_return 0;
    };
    tasks.push_back(holder(std::move(lock)));
    int locked = 0;
    for (const int got : co_await when_all(std::move(tasks))) locked += got;
    co_return std::to_string(locked);
  };
  EXPECT_EQ(answer(released, {time(1ms)}), "10000");
}

// A call on each of several loops, which share a lock.
TEST_F(AwaitTest, AMutexIsSharedByLoops) {
  constexpr int kRounds = 300;
  constexpr int kLoops = 3;
  static Mutex mutex;
  static int counter = 0;
  shared_.run = []() -> task<std::string> {
    for (int i = 0; i < kRounds; ++i) {
      const Permit lock = co_await mutex.lock();
      const int before = counter;
      if (i % 50 == 0) co_await on_worker([] { std::this_thread::yield(); });
      counter = before + 1;
    }
    co_return "done";
  };
  const Function function = made<&runs>();
  std::vector<std::jthread> threads;
  for (int i = 0; i < kLoops; ++i) {
    threads.emplace_back([&] {
      Stage stage;
      stage.call(function);
      run_beside_others(stage, function);
    });
  }
  threads.clear();
  EXPECT_EQ(counter, kRounds * kLoops);
}

}  // namespace
}  // namespace ofn
