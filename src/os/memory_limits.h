// The limits of this process's memory: the machine's memory, the control groups, and the two limits of a process that a shell
// sets with `ulimit -v` and `ulimit -d`.
//
//   const std::size_t usable = usable_memory(memory_limits(), mapped_memory());
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ofn::os {

inline constexpr std::size_t kNoMemoryLimit = SIZE_MAX;

// In bytes; kNoMemoryLimit if there is no limit.
struct MemoryLimits {
  // All memory of the machine (MemTotal). The free memory at the start (MemAvailable) says nothing about later, because other
  // processes come and go: a server that starts while a compiler runs would keep a small budget for its whole life.
  std::size_t machine = kNoMemoryLimit;
  // The lowest limit of the control groups of this process, from its own group up to the outermost visible one. In version 2,
  // memory.high counts as well: the kernel throttles a group above it almost to a standstill.
  std::size_t group = kNoMemoryLimit;
  // RLIMIT_AS and RLIMIT_DATA. The kernel counts memory when the process maps it, whether or not the process ever touches it.
  std::size_t address_space = kNoMemoryLimit;
  std::size_t data = kNoMemoryLimit;

  friend bool operator==(const MemoryLimits&, const MemoryLimits&) = default;
};

// The memory that the process has mapped now, in bytes, as RLIMIT_AS and RLIMIT_DATA count it.
struct MappedMemory {
  std::size_t address_space = 0;
  std::size_t data = 0;

  friend bool operator==(const MappedMemory&, const MappedMemory&) = default;
};

// The functions read the kernel's files below `root`: a test gives a folder of its own. A limit that cannot be read does not
// count, and a size that cannot be read is 0.
// Spec: proc(5), cgroups(7); Linux, Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.
MemoryLimits memory_limits(const std::string& root = {});
MappedMemory mapped_memory(const std::string& root = {});

// The memory that the process may still map under RLIMIT_AS and RLIMIT_DATA; kNoMemoryLimit if neither is set.
std::size_t mappable_memory(const MemoryLimits& limits, const MappedMemory& mapped);
// The memory that the process may use: the lowest of all limits.
std::size_t usable_memory(const MemoryLimits& limits, const MappedMemory& mapped);

}  // namespace ofn::os
