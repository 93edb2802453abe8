#include "os/memory_limits.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "os/machine_for_test.h"

namespace ofn::os {
namespace {

constexpr std::size_t kMib = std::size_t{1024} * 1024;

constexpr const char* kMountOne =
    "30 25 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs rw\n"
    "31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 30 0:28 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n";
constexpr const char* kMountTwo =
    "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

struct GroupCase {
  const char* about;
  std::string cgroup;
  std::string mountinfo;
  std::vector<std::pair<std::string, std::string>> files;
  std::size_t limit;
};

std::vector<GroupCase> group_cases() {
  const std::string one = "/sys/fs/cgroup/memory";
  const std::string two = "/sys/fs/cgroup";
  return {
      {"nothing to be read", "", "", {}, kNoMemoryLimit},
      {"version 2, its own", "0::/a\n", kMountTwo, {{two + "/a/memory.max", "1048576\n"}}, kMib},
      {"version 2, none", "0::/a\n", kMountTwo, {{two + "/a/memory.max", "max\n"}}, kNoMemoryLimit},
      {"version 2, a parent's is lower",
       "0::/a/b/c\n",
       kMountTwo,
       {{two + "/a/b/c/memory.max", "4194304\n"},
        {two + "/a/b/memory.max", "max\n"},
        {two + "/a/memory.max", "2097152\n"}},
       2 * kMib},
      {"version 2, a child's is lower",
       "0::/a/b\n",
       kMountTwo,
       {{two + "/a/b/memory.max", "1048576\n"}, {two + "/a/memory.max", "2097152\n"}},
       kMib},
      {"version 2, memory.high is lower",
       "0::/a\n",
       kMountTwo,
       {{two + "/a/memory.max", "4194304\n"}, {two + "/a/memory.high", "3145728\n"}},
       3 * kMib},
      {"version 2, a namespace: its own group is the root that it sees",
       "0::/\n",
       kMountTwo,
       {{two + "/memory.max", "1048576\n"}},
       kMib},
      {"version 2, a group beside the namespace's root",
       "0::/../other\n",
       kMountTwo,
       {{two + "/memory.max", "1048576\n"}},
       kMib},
      {"version 2, a container without a namespace sees its own group at the mount's point",
       "0::/docker/abc/inner\n",
       "29 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
       {{two + "/memory.max", "2097152\n"}, {two + "/inner/memory.max", "max\n"}},
       2 * kMib},
      {"a mount whose name only begins like the group's",
       "0::/docker/abcdef\n",
       "29 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
       {{two + "/memory.max", "2097152\n"}, {two + "/def/memory.max", "1048576\n"}},
       2 * kMib},
      {"a mount point with a blank",
       "0::/a\n",
       "29 23 0:26 / /sys/fs/my\\040groups rw - cgroup2 cgroup2 rw\n",
       {{"/sys/fs/my groups/a/memory.max", "1048576\n"}},
       kMib},
      {"version 1, its own",
       "5:cpu,cpuacct:/other\n4:memory:/a\n",
       kMountOne,
       {{one + "/a/memory.limit_in_bytes", "1048576\n"},
        {one + "/memory.limit_in_bytes", "9223372036854771712\n"}},
       kMib},
      {"version 1, a parent's is lower",
       "4:memory:/a/b\n",
       kMountOne,
       {{one + "/a/b/memory.limit_in_bytes", "9223372036854771712\n"},
        {one + "/a/memory.limit_in_bytes", "2097152\n"}},
       2 * kMib},
      {"version 1, a parent that is not mounted here",
       "4:memory:/\n",
       kMountOne,
       {{one + "/memory.limit_in_bytes", "4194304\n"},
        {one + "/memory.stat", "cache 0\nhierarchical_memory_limit 3145728\ntotal_cache 0\n"}},
       3 * kMib},
      {"both versions are mounted, version 1 has the memory",
       "4:memory:/a\n0::/x\n",
       std::string(kMountOne) + "33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
       {{one + "/a/memory.limit_in_bytes", "1048576\n"},
        {"/sys/fs/cgroup/unified/x/cgroup.procs", "1\n"}},
       kMib},
      {"no group is listed: the mount's own counts",
       "",
       kMountTwo,
       {{two + "/memory.max", "1048576\n"}},
       kMib},
      {"larger than a number can be",
       "0::/a\n",
       kMountTwo,
       {{two + "/a/memory.max", "99999999999999999999999\n"}},
       kNoMemoryLimit},
      {"not a number, an empty file, no file",
       "0::/a/b/c\n",
       kMountTwo,
       {{two + "/a/b/c/memory.max", "lots\n"},
        {two + "/a/b/memory.max", ""},
        {two + "/a/memory.max", "0\n"}},
       kNoMemoryLimit},
      {"lines in another format",
       "memory\n4:memory\n\n",
       "1 2\n - \nx - cgroup2\n",
       {},
       kNoMemoryLimit},
  };
}

TEST(MemoryLimits, TheLowestGroupFromTheProcessesOwnUpwards) {
  for (const GroupCase& each : group_cases()) {
    const Machine machine;
    machine.write("/proc/self/cgroup", each.cgroup);
    machine.write("/proc/self/mountinfo", each.mountinfo);
    for (const auto& [path, text] : each.files) machine.write(path, text);
    EXPECT_EQ(memory_limits(machine.root()).group, each.limit) << each.about;
  }
}

TEST(MemoryLimits, TheMachineAndTheProcess) {
  const Machine machine;
  EXPECT_EQ(memory_limits(machine.root()), MemoryLimits()) << "nothing can be read";
  EXPECT_EQ(mapped_memory(machine.root()), MappedMemory());
  machine.write("/proc/meminfo", "MemTotal:       24683724 kB\nMemFree:  1 kB\n");
  machine.write("/proc/self/limits",
                "Limit                     Soft Limit           Hard Limit           Units     \n"
                "Max data size             unlimited            unlimited            bytes     \n"
                "Max address space         204800000            unlimited            bytes     \n");
  machine.write("/proc/self/status",
                "Name:\tx\nVmPeak:\t 9 kB\nVmSize:\t  102548 kB\nVmData:\t   25552 kB\n");
  const MemoryLimits limits = memory_limits(machine.root());
  EXPECT_EQ(limits,
            (MemoryLimits{.machine = std::size_t{24683724} * 1024, .address_space = 204800000}));
  EXPECT_EQ(mapped_memory(machine.root()),
            (MappedMemory{std::size_t{102548} * 1024, std::size_t{25552} * 1024}));
  const MemoryLimits real = memory_limits();
  EXPECT_GT(real.machine, kMib) << "this machine's";
  EXPECT_LT(real.machine, kNoMemoryLimit);
  EXPECT_GT(mapped_memory().address_space, mapped_memory().data);
}

TEST(MemoryLimits, TheLeastIsUsableAndWhatIsMappedIsUsedUp) {
  struct Case {
    MemoryLimits limits;
    MappedMemory mapped;
    std::size_t mappable;
    std::size_t usable;
  };
  const std::vector<Case> cases = {
      {{}, {}, kNoMemoryLimit, kNoMemoryLimit},
      {{.machine = 9}, {}, kNoMemoryLimit, 9},
      {{.machine = 9, .group = 8}, {7, 7}, kNoMemoryLimit, 8},
      {{.machine = 9, .group = 10}, {}, kNoMemoryLimit, 9},
      {{.machine = 9, .address_space = 8}, {3, 1}, 5, 5},
      {{.machine = 9, .data = 8}, {3, 1}, 7, 7},
      {{.machine = 9, .address_space = 8, .data = 4}, {3, 1}, 3, 3},
      {{.machine = 9, .address_space = 8}, {30, 1}, 0, 0},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(mappable_memory(each.limits, each.mapped), each.mappable);
    EXPECT_EQ(usable_memory(each.limits, each.mapped), each.usable);
  }
}

}  // namespace
}  // namespace ofn::os
