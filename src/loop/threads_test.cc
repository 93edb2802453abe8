#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "loop/loop_threads.h"
#include "loop/no_threads_for_test.h"
#include "loop/workers.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;

TEST(LoopThreads, PostsFromOtherThreadsAreServedAndRealTimersWakeTheLoop) {
  SystemClock clock;
  Loop first(clock);
  Loop second(clock);
  Loop* loops[] = {&first, &second};
  std::atomic<bool> elsewhere = false;
  std::unique_ptr<Timer> timer;
  {
    LoopThreads threads(loops);
    second.post([&] {
      elsewhere = second.in_loop() && !first.in_loop();
      timer = std::make_unique<Timer>(second, [&] { first.stop(); });
      timer->arm(clock.now() + 1ms);
    });
    threads.wait();
  }
  EXPECT_TRUE(elsewhere);
}

TEST(Workers, RunEveryTaskOnAsManyThreadsAsNeeded) {
  Workers workers(4);
  EXPECT_EQ(workers.threads(), 0U);
  std::latch together(4);  // passes only when four tasks run at once
  std::atomic<int> ran = 0;
  std::latch done(4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(workers.post([&] {
      together.arrive_and_wait();
      ++ran;
      done.count_down();
    }));
  }
  done.wait();
  EXPECT_EQ(ran, 4);
  EXPECT_LE(workers.threads(), 4U);
}

TEST(Workers, QueueBeyondTheLimitAndFinishBeforeTheEnd) {
  std::atomic<int> ran = 0;
  {
    Workers workers(1);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(workers.post([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(Workers, IdleThreadsRetire) {
  Workers workers(2, 0s);
  std::latch done(1);
  EXPECT_TRUE(workers.post([&] { done.count_down(); }));
  done.wait();
  while (workers.threads() != 0) std::this_thread::yield();
  EXPECT_TRUE(workers.post([] {}));
}

TEST(Workers, WithoutFurtherThreadsThoseThatThereAreDoIt) {
  Workers workers(4);
  std::latch inside(1);
  std::latch leave(1);
  std::latch done(1);
  Task first = [&] {
    inside.count_down();
    leave.wait();
  };
  {
    const NoThreads none;
    EXPECT_FALSE(workers.post(std::move(first)));
    EXPECT_EQ(workers.threads(), 0U);
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): a failed post() does not take it
  EXPECT_TRUE(workers.post(std::move(first)));
  inside.wait();
  const NoThreads none;
  EXPECT_TRUE(workers.post([&] { done.count_down(); }));
  EXPECT_EQ(workers.threads(), 1U);
  leave.count_down();
  done.wait();
}

TEST(LoopThreads, SayWhereThereAreTooFew) {
  const SystemClock clock;
  Loop loop(clock);
  Loop* loops[] = {&loop};
  const NoThreads none;
  EXPECT_FALSE(LoopThreads(loops).all_run());
}

TEST(UsableCpus, NoMoreThanTheCgroupGrants) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("cgroup" + std::to_string(getpid()));
  const std::size_t all = usable_cpus(folder);
  EXPECT_GE(all, 1U);
  struct Case {
    std::string max;  // of version 2
    std::string quota;
    std::string period;
    std::size_t granted;
  };
  for (const Case& c : {Case{"max 100000", "", "", all}, Case{"100000 100000", "", "", 1},
                        Case{"100 100000", "", "", 1}, Case{"150000 100000", "", "", 2},
                        Case{"900000000 100000", "", "", all}, Case{"0 100000", "", "", all},
                        Case{"100000 0", "", "", all}, Case{"nonsense", "", "", all},
                        Case{"", "50000", "100000", 1}, Case{"", "150000", "100000", 2},
                        Case{"", "-1", "100000", all}, Case{"", "", "", all}}) {
    std::filesystem::create_directories(folder / "cpu");
    if (!c.max.empty()) std::ofstream(folder / "cpu.max") << c.max << '\n';
    if (!c.quota.empty()) std::ofstream(folder / "cpu/cpu.cfs_quota_us") << c.quota << '\n';
    if (!c.period.empty()) std::ofstream(folder / "cpu/cpu.cfs_period_us") << c.period << '\n';
    EXPECT_EQ(usable_cpus(folder), std::min(c.granted, all)) << c.max << c.quota;
    std::filesystem::remove_all(folder);
  }
}

}  // namespace
}  // namespace ofn
