#include "os/process_usage.h"

#include <chrono>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "os/machine_for_test.h"

namespace ofn::os {
namespace {

TEST(ProcessUsage, ReadsTheKernelsFiles) {
  const Machine machine;
  machine.write("/proc/self/statm", "900 7 3 1 0 100 0\n");
  machine.write("/proc/self/status", "Name:\tff\nUmask:\t0022\nThreads:\t12\nSigQ:\t0/1\n");
  for (const char* fd : {"0", "1", "2", "9"}) machine.write(std::string("/proc/self/fd/") + fd, "");
  const ProcessUsage usage = process_usage(machine.root());
  EXPECT_EQ(usage.resident_bytes, 7 * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(usage.threads, 12U);
  EXPECT_EQ(usage.descriptors, 3U) << "the folder itself was open while it was read";
  EXPECT_FALSE(usage.throttled);
}

TEST(ProcessUsage, ReadsHowLongTheControlGroupWasThrottled) {
  const Machine two;
  two.write("/sys/fs/cgroup/cpu.stat", "usage_usec 9\nnr_throttled 3\nthrottled_usec 2500\n");
  EXPECT_EQ(process_usage(two.root()).throttled, std::chrono::microseconds(2500));
  const Machine one;
  one.write("/sys/fs/cgroup/cpu/cpu.stat", "nr_periods 9\nnr_throttled 3\nthrottled_time 2500\n");
  EXPECT_EQ(process_usage(one.root()).throttled, std::chrono::nanoseconds(2500));
}

TEST(ProcessUsage, OfThisProcessIsNotNothing) {
  const ProcessUsage usage = process_usage();
  EXPECT_GT(usage.user + usage.system, Duration::zero());
  EXPECT_GT(usage.resident_bytes, 1'000'000U);
  EXPECT_GE(usage.threads, 1U);
  EXPECT_GE(usage.descriptors, 3U);
  EXPECT_GT(usage.minor_faults, 0U);
}

}  // namespace
}  // namespace ofn::os
