// How much memory this process may use, and who says so: the machine, its control groups, and the two limits of a process that
// a shell sets with `ulimit -v` and `ulimit -d`.
//
//   const std::size_t usable = usable_memory(memory_limits(), mapped_memory());
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ofn {

inline constexpr std::size_t kNoMemoryLimit = SIZE_MAX;

// In bytes; kNoMemoryLimit where there is none.
struct MemoryLimits {
  // All of the machine's (MemTotal). What is free at the moment of the start (MemAvailable) says nothing about later: others come
  // and go, and a server that starts beside a compiler would keep a small budget for its whole life.
  std::size_t machine = kNoMemoryLimit;
  // The lowest of the control groups that this process is in, from its own up to the outermost that can be seen. Of version 2,
  // memory.high counts, too: the kernel slows a group above it until it hardly moves.
  std::size_t group = kNoMemoryLimit;
  // RLIMIT_AS, RLIMIT_DATA: counted when memory is mapped, whether or not it is ever touched.
  std::size_t address_space = kNoMemoryLimit;
  std::size_t data = kNoMemoryLimit;

  friend bool operator==(const MemoryLimits&, const MemoryLimits&) = default;
};

// What the process has mapped at present, as RLIMIT_AS and RLIMIT_DATA count it.
struct MappedMemory {
  std::size_t address_space = 0;
  std::size_t data = 0;

  friend bool operator==(const MappedMemory&, const MappedMemory&) = default;
};

// `root` is put before every path that is read: another folder in tests. What cannot be read is no limit.
// Spec: proc(5), cgroups(7); Linux, Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.
MemoryLimits memory_limits(const std::string& root = {});
MappedMemory mapped_memory(const std::string& root = {});

// What may still be mapped under RLIMIT_AS and RLIMIT_DATA; kNoMemoryLimit where neither is set.
std::size_t mappable_memory(const MemoryLimits& limits, const MappedMemory& mapped);
// What the process may use: the least of all limits.
std::size_t usable_memory(const MemoryLimits& limits, const MappedMemory& mapped);

}  // namespace ofn
