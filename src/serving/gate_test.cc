#include "serving/gate.h"

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loop/loop_threads.h"

namespace ofn {
namespace {

struct Waiting final : Gate::Waiter {
  Waiting(Loop& on, std::string& to, char as) : where(on), log(to), name(as) {}
  Loop& loop() override { return where; }
  void admitted() override { log += name; }
  Loop& where;
  std::string& log;
  char name;
};

struct GateTest : testing::Test {
  SystemClock clock;
  Loop loop{clock};
  std::string log;
  Waiting a{loop, log, 'a'}, b{loop, log, 'b'}, c{loop, log, 'c'}, d{loop, log, 'd'};
};

TEST_F(GateTest, AdmitsUpToTheLimitThenQueuesThenRefuses) {
  Gate gate(1, 2);
  EXPECT_EQ(gate.enter(a), Gate::Entry::kIn);
  EXPECT_EQ(gate.enter(b), Gate::Entry::kWaiting);
  EXPECT_EQ(gate.enter(c), Gate::Entry::kWaiting);
  EXPECT_EQ(gate.enter(d), Gate::Entry::kFull);
  loop.poll();
  EXPECT_EQ(log, "");
  gate.leave();
  loop.poll();
  EXPECT_EQ(log, "b") << "in order of arrival, and not before a slot is free";
  EXPECT_EQ(gate.in_use(), 1U);
  gate.leave();
  loop.poll();
  EXPECT_EQ(log, "bc");
  gate.leave();
  EXPECT_EQ(gate.in_use(), 0U);
}

TEST_F(GateTest, NobodyOvertakesWhoWaits) {
  Gate gate(1, 2);
  ASSERT_EQ(gate.enter(a), Gate::Entry::kIn);
  ASSERT_EQ(gate.enter(b), Gate::Entry::kWaiting);
  gate.leave();
  EXPECT_EQ(gate.enter(c), Gate::Entry::kWaiting);
  loop.poll();
  EXPECT_EQ(log, "b");
}

TEST_F(GateTest, WithoutAQueueNobodyWaits) {
  Gate gate(1, 0);
  EXPECT_EQ(gate.enter(a), Gate::Entry::kIn);
  EXPECT_EQ(gate.enter(b), Gate::Entry::kFull);
}

bool no_memory = false;

TEST_F(GateTest, NobodyEntersWithoutMemory) {
  Gate gate(1, 1, nullptr, [] { return no_memory; });
  no_memory = true;
  EXPECT_EQ(gate.enter(a), Gate::Entry::kFull);
  no_memory = false;
  EXPECT_EQ(gate.enter(a), Gate::Entry::kIn);
  EXPECT_EQ(gate.enter(b), Gate::Entry::kWaiting);
}

// An account that the test can exhaust.
struct GateMemoryTest : GateTest {
  void exhaust() { answers.add(101); }
  void give_back() {
    answers.release();
    loop.poll();
  }
  wire::MemoryAccount account{100};
  wire::MemoryShare answers{&account};
};

TEST_F(GateMemoryTest, CallsWaitForIt) {
  Gate gate(3, 2, &account);
  exhaust();
  EXPECT_EQ(gate.enter(a), Gate::Entry::kWaiting);
  EXPECT_EQ(gate.enter(b), Gate::Entry::kWaiting);
  EXPECT_EQ(gate.enter(c), Gate::Entry::kFull) << "the queue has its length";
  loop.poll();
  EXPECT_EQ(log, "");
  give_back();
  EXPECT_EQ(log, "ab");
}

TEST_F(GateMemoryTest, AnAdmittedCallThatMustWaitAgainIsFirstInTheQueue) {
  Gate gate(2, 2, &account);
  ASSERT_EQ(gate.enter(a), Gate::Entry::kIn);
  ASSERT_EQ(gate.enter(b), Gate::Entry::kIn);
  ASSERT_EQ(gate.enter(c), Gate::Entry::kWaiting);
  EXPECT_FALSE(gate.waits_for_memory(a));
  exhaust();
  EXPECT_TRUE(gate.waits_for_memory(a));
  EXPECT_TRUE(gate.waits_for_memory(b));
  EXPECT_EQ(gate.in_use(), 0U);
  gate.when_empty(loop, [&] { log += "empty"; });
  loop.poll();
  EXPECT_EQ(log, "") << "who waits for memory is to be served, too";
  give_back();
  EXPECT_EQ(log, "ab");
  exhaust();
  EXPECT_TRUE(gate.waits_for_memory(b)) << "once more, and both keep their places";
  EXPECT_TRUE(gate.waits_for_memory(a));
  give_back();
  EXPECT_EQ(log, "abab");
  gate.leave();
  gate.leave();
  loop.poll();
  EXPECT_EQ(log, "ababc");
  gate.leave();
  loop.poll();
  EXPECT_EQ(log, "ababcempty");
}

TEST_F(GateMemoryTest, TheLastThatWaitsMayForget) {
  Gate gate(1, 1, &account);
  exhaust();
  ASSERT_EQ(gate.enter(a), Gate::Entry::kWaiting);
  gate.when_empty(loop, [&] { log += "empty"; });
  EXPECT_TRUE(gate.forget(a));
  loop.poll();
  EXPECT_EQ(log, "empty");
}

TEST_F(GateMemoryTest, AFewAreAdmittedAtATime) {
  Gate gate(100, 100, &account);
  exhaust();
  std::deque<Waiting> many;
  for (int i = 0; i < 20; ++i) gate.enter(many.emplace_back(loop, log, 'x'));
  give_back();
  EXPECT_EQ(log.size(), 8U);
  gate.leave();
  loop.poll();
  EXPECT_EQ(log.size(), 16U) << "what the first ones take tells whether there is memory for more";
}

TEST_F(GateTest, ForgettingIsTooLateOnceAdmitted) {
  Gate gate(1, 4);
  gate.enter(a);
  gate.enter(b);
  gate.enter(c);
  EXPECT_TRUE(gate.forget(b));
  EXPECT_FALSE(gate.forget(b));
  gate.leave();
  EXPECT_FALSE(gate.forget(c)) << "its slot is taken, admitted() will run";
  loop.poll();
  EXPECT_EQ(log, "c");
}

TEST_F(GateTest, WhenEmpty) {
  Gate gate(2, 2);
  gate.when_empty(loop, [&] { log += "at once"; });
  loop.poll();
  EXPECT_EQ(log, "at once");
  log.clear();
  gate.enter(a);
  gate.when_empty(loop, [&] { log += "empty"; });
  loop.poll();
  EXPECT_EQ(log, "");
  gate.leave();
  loop.poll();
  EXPECT_EQ(log, "empty");
}

// Two loops compete for one slot: the gate admits every waiter once, and never two at the same time.
TEST(GateThreads, OneSlotOverTwoLoops) {
  SystemClock clock;
  Loop first(clock);
  Loop second(clock);
  Loop* loops[] = {&first, &second};
  constexpr std::size_t kEach = 2000;
  Gate gate(1, 4 * kEach);
  std::atomic<int> inside = 0;
  std::atomic<int> left = static_cast<int>(2 * kEach);
  struct Runner final : Gate::Waiter {
    Loop* on = nullptr;
    Gate* gate = nullptr;
    std::atomic<int>* inside = nullptr;
    std::atomic<int>* left = nullptr;
    Loop* stop = nullptr;
    Loop& loop() override { return *on; }
    void admitted() override {
      EXPECT_EQ(inside->fetch_add(1), 0);
      inside->fetch_sub(1);
      gate->leave();
      if (left->fetch_sub(1) == 1) stop->stop();
    }
  };
  std::vector<Runner> runners(2 * kEach);
  for (std::size_t i = 0; i < runners.size(); ++i) {
    runners[i].on = loops[i % 2];
    runners[i].gate = &gate;
    runners[i].inside = &inside;
    runners[i].left = &left;
    runners[i].stop = &first;
    loops[i % 2]->post([&runner = runners[i]] {
      if (runner.gate->enter(runner) == Gate::Entry::kIn) runner.admitted();
    });
  }
  LoopThreads threads(loops);
  threads.wait();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(gate.in_use(), 0U);
}

}  // namespace
}  // namespace ofn
