// Loops that are taken from a function that does not return, and the stack of its thread.
#include <atomic>
#include <functional>
#include <latch>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loop/loop_threads.h"
#include "loop/thread_stack.h"
#include "loop/watchdog.h"

namespace ofn {
namespace {

// Runs `inside` on its loop as a function's call is run: in a turn of its own.
struct Call final : Ready, PreemptibleCall {
  Call(Loop& on, std::function<void()> work) : loop(on), inside(std::move(work)) {}
  void run_ready() override {
    if (loop.run_preemptible(*this)) {
      if (kept) kept();
    } else {
      loop.post([this] { taken ? taken() : returned.count_down(); });
    }
  }
  void run_call() override { inside(); }
  void on_loop_taken_over() override {
    EXPECT_TRUE(loop.in_loop());
    ++overstays;
  }
  Loop& loop;
  std::function<void()> inside;
  std::function<void()> kept;
  std::function<void()> taken;
  std::atomic<int> overstays = 0;
  std::latch returned{1};
};

struct Handover : testing::Test {
  SystemClock clock;
  Loop loop{clock};
  Loop* loops[1] = {&loop};
};

TEST_F(Handover, ALoopWhoseFunctionBlocksServesOnAnotherThread) {
  std::latch served(1);
  std::string order;
  Call second(loop, [&] { order += "second "; });
  Call first(loop, [&] { served.wait(); });
  loop.post([&] {
    loop.run_soon(first);
    loop.run_soon(second);
    // A ready item, a posted task and a timer all wait behind the call that blocks.
    loop.post([&] {
      order += "posted ";
      served.count_down();
    });
  });
  LoopThreads threads(loops);
  first.returned.wait();
  EXPECT_EQ(order, "second posted ");
  EXPECT_EQ(first.overstays, 1);
  EXPECT_EQ(second.overstays, 0);
  EXPECT_EQ(threads.taken_over(), 1U);
}

TEST_F(Handover, ACallThatReleasesMayWaitForItsLoop) {
  constexpr std::size_t kCalls = 200;
  std::vector<std::unique_ptr<Call>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<Call>(loop, [&] {
      loop.release();
      loop.release();  // must not release the loop of the next call
      std::latch served(1);
      loop.post([&] { served.count_down(); });
      served.wait();
    }));
  }
  loop.post([&] {
    EXPECT_TRUE(loop.can_be_released());
    for (const auto& call : calls) loop.run_soon(*call);
  });
  EXPECT_FALSE(loop.can_be_released());
  LoopThreads threads(loops);
  for (const auto& call : calls) {
    call->returned.wait();
    EXPECT_EQ(call->overstays, 1);
  }
  EXPECT_EQ(threads.taken_over(), kCalls);
}

TEST_F(Handover, EachThreadThatServesTheLoopMayBlockInTurn) {
  constexpr std::size_t kCalls = 8;
  std::latch all_inside(kCalls);  // passes only when all of them are inside at once
  std::vector<std::unique_ptr<Call>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<Call>(loop, [&] { all_inside.arrive_and_wait(); }));
  }
  loop.post([&] {
    for (const auto& call : calls) loop.run_soon(*call);
  });
  // The last call may return before the watchdog takes its loop.
  calls.back()->kept = [&] { calls.back()->returned.count_down(); };
  LoopThreads threads(loops);
  for (const auto& call : calls) call->returned.wait();
  EXPECT_GE(threads.taken_over(), kCalls - 1);
}

TEST_F(Handover, TimersAndPostsFromOthersReachALoopThatWasTakenOver) {
  std::binary_semaphore fired(0);
  Timer timer(loop, [&] { fired.release(); });
  Call call(loop, [&] { fired.acquire(); });
  loop.post([&] {
    timer.arm(loop.now() + std::chrono::milliseconds(1));
    loop.run_soon(call);
  });
  LoopThreads threads(loops);
  call.returned.wait();
  std::latch reached(1);
  loop.post([&] { reached.count_down(); });
  reached.wait();
}

TEST_F(Handover, AShortFunctionKeepsItsLoop) {
  std::latch done(1);
  int calls = 0;
  Call call(loop, [&] { ++calls; });
  call.kept = [&] {
    if (calls == 10'000) return done.count_down();
    loop.run_soon(call);
  };
  call.taken = call.kept;  // if the system suspended the thread for more than a millisecond
  loop.post([&] { loop.run_soon(call); });
  LoopThreads threads(loops);
  done.wait();
  EXPECT_EQ(calls, 10'000);
}

TEST_F(Handover, TheWatchdogTakesALoopFromTheCallThatItSeesTwice) {
  std::vector<Loop*> taken;
  Watchdog watchdog(loops, [&](Loop& from) { taken.push_back(&from); });
  watchdog.stop();  // the test makes the looks itself
  std::binary_semaphore inside(0);
  std::binary_semaphore leave(0);
  Call call(loop, [&] {
    inside.release();
    leave.acquire();
  });
  call.kept = [&] { loop.run_soon(call); };
  loop.post([&] { loop.run_soon(call); });
  bool served = true;
  std::thread thread([&] { served = loop.run(); });
  inside.acquire();
  EXPECT_TRUE(watchdog.look());  // the call has begun since the last look
  leave.release();
  inside.acquire();
  EXPECT_TRUE(watchdog.look()) << "another visit is a new call";
  EXPECT_EQ(taken.size(), 0U);
  EXPECT_FALSE(watchdog.look());
  EXPECT_EQ(taken, std::vector{&loop});
  EXPECT_FALSE(watchdog.look());
  EXPECT_EQ(taken.size(), 1U) << "a loop is taken from a call once";
  leave.release();
  thread.join();
  EXPECT_FALSE(served);
  loop.poll();
  call.returned.wait();
}

TEST_F(Handover, ACallKeepsItsLoopWhileTimeLimitsAreOff) {
  struct Limits final : TimeLimits {
    bool are_off() const override { return off; }
    std::atomic<bool> off = true;
  } limits;
  loop.set_time_limits(&limits);
  int taken = 0;
  Watchdog watchdog(loops, [&](Loop&) { ++taken; });
  watchdog.stop();  // the test makes the looks itself
  std::latch inside(1);
  std::latch leave(1);
  Call call(loop, [&] {
    inside.count_down();
    leave.wait();
  });
  loop.post([&] { loop.run_soon(call); });
  std::thread thread([&] { loop.run(); });
  inside.wait();
  for (int i = 0; i < 3; ++i) watchdog.look();
  EXPECT_EQ(taken, 0);
  limits.off = false;
  watchdog.look();
  EXPECT_EQ(taken, 1);
  leave.count_down();
  thread.join();
  loop.poll();
  call.returned.wait();
}

extern "C" __attribute__((noinline, visibility("default"))) void ofn_test_waits_here(
    std::latch& inside, std::latch& leave) {
  inside.count_down();
  leave.wait();
  asm volatile("" ::: "memory");  // prevents a tail call
}

TEST(ThreadStack, NamesWhatTheThreadIsIn) {
#if defined(OFN_THREAD_SANITIZER)
  GTEST_SKIP() << "TSan holds signals back from a thread that waits: there is no stack to see";
#endif
  std::latch inside(1);
  std::latch leave(1);
  std::atomic<ThreadId> id = 0;
  std::thread thread([&] {
    id = this_thread_id();
    ofn_test_waits_here(inside, leave);
  });
  inside.wait();
  for (int i = 0; i < 2; ++i) {
    const std::string stack = stack_of(id, std::chrono::seconds(60)).stack;
    EXPECT_NE(stack.find(" < "), std::string::npos) << stack;
    // With debug information the stack names the file, otherwise the program.
    EXPECT_TRUE(stack.contains("handover_test.cc") || stack.contains("ofn_loop_test")) << stack;
  }
  leave.count_down();
  thread.join();
  EXPECT_EQ(stack_of(id, std::chrono::seconds(60)).stack, "") << "the thread has ended";
}

}  // namespace
}  // namespace ofn
