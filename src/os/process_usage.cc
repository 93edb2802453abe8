#include "os/process_usage.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace ofn::os {

namespace {

Duration duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::size_t resident_bytes(const std::string& root) {
  std::ifstream file(root + "/proc/self/statm");
  std::size_t mapped = 0;
  std::size_t resident = 0;
  if (!(file >> mapped >> resident)) return 0;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t threads(const std::string& root) {
  std::ifstream file(root + "/proc/self/status");
  std::size_t count = 0;
  for (std::string word; file >> word;) {
    if (word == "Threads:") {
      file >> count;
      break;
    }
  }
  return count;
}

// The folder has one entry more while it is read.
std::size_t descriptors(const std::string& root) {
  std::error_code error;
  std::size_t count = 0;
  std::filesystem::directory_iterator entry(root + "/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  return count - std::min<std::size_t>(count, 1);
}

std::optional<std::uint64_t> number_behind(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::string word;
  for (std::uint64_t number = 0; file >> word >> number;) {
    if (word == name) return number;
  }
  return std::nullopt;
}

// The group that the process sees as the root: its own, in a container. Version 2 has microseconds, version 1 nanoseconds.
std::optional<Duration> throttled(const std::string& root) {
  const std::string groups = root + "/sys/fs/cgroup";
  if (const auto micros = number_behind(groups + "/cpu.stat", "throttled_usec"))
    return std::chrono::microseconds(*micros);
  if (const auto nanos = number_behind(groups + "/cpu/cpu.stat", "throttled_time"))
    return std::chrono::nanoseconds(*nanos);
  return std::nullopt;
}

}  // namespace

ProcessUsage process_usage(const std::string& root) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {.user = duration_of(usage.ru_utime),
          .system = duration_of(usage.ru_stime),
          .resident_bytes = resident_bytes(root),
          .threads = threads(root),
          .descriptors = descriptors(root),
          .voluntary_switches = static_cast<std::uint64_t>(usage.ru_nvcsw),
          .involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw),
          .minor_faults = static_cast<std::uint64_t>(usage.ru_minflt),
          .major_faults = static_cast<std::uint64_t>(usage.ru_majflt),
          .throttled = throttled(root)};
}

}  // namespace ofn::os
