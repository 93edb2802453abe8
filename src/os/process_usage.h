// What the process has used so far of the machine: processor time, memory, threads, descriptors.
//
//   const ProcessUsage usage = process_usage();
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace ofn::os {

// A number that cannot be read is 0.
struct ProcessUsage {
  Duration user{};
  Duration system{};
  std::size_t resident_bytes = 0;
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  // How long the control group's limit has kept its processes from running; nullopt if it has none that can be read.
  std::optional<Duration> throttled;
};

// Reads the kernel's files below `root`: a test gives a folder of its own. Threads: any. Cost: some tens of microseconds.
// Spec: getrusage(2), proc(5), cgroups(7).
ProcessUsage process_usage(const std::string& root = {});

}  // namespace ofn::os
