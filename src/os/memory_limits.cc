#include "os/memory_limits.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace ofn::os {

namespace {

constexpr std::size_t kKib = 1024;

// Returns the number at the beginning of the text. Returns nullopt for "max", "unlimited" and any
// other text without a number.
std::optional<std::size_t> number_in(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return kNoMemoryLimit;
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

// Returns the number that follows `name` in the file's first line that begins with `name`.
std::optional<std::size_t> number_behind(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return number_in(std::string_view(line).substr(name.size()));
  }
  return std::nullopt;
}

std::size_t kib_behind(const std::string& path, std::string_view name) {
  return number_behind(path, name).value_or(0) * kKib;
}

// A mount of a control group hierarchy: the directory `point` shows the group whose path is `root`.
struct Mount {
  std::string root;
  std::string point;
};

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (list.substr(0, comma) == word) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

// Decodes the octal escapes of a path: mountinfo writes a space as "\040" (proc(5)).
std::string unescaped(std::string_view text) {
  const auto digit = [&](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '7';
  };
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && digit(at + 1) && digit(at + 2) && digit(at + 3)) {
      plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                                 (text[at + 3] - '0'));
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

enum class Version { kOne, kTwo };

// Parses lines such as "31 24 0:27 /root /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory".
std::vector<Mount> mounts_of(const std::string& mountinfo, Version version) {
  std::vector<Mount> mounts;
  std::ifstream file(mountinfo);
  for (std::string line; std::getline(file, line);) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash));
    std::istringstream behind(line.substr(dash + 3));
    std::string id;
    std::string parent;
    std::string device;
    std::string root;
    std::string point;
    std::string type;
    std::string source;
    std::string options;
    before >> id >> parent >> device >> root >> point;
    behind >> type >> source >> options;
    const bool found = version == Version::kTwo ? type == "cgroup2"
                                                : type == "cgroup" && has_word(options, "memory");
    if (found && !point.empty()) mounts.push_back({unescaped(root), unescaped(point)});
  }
  return mounts;
}

// Parses lines such as "4:memory:/path" (version 1) and "0::/path" (version 2).
std::optional<std::string> group_of(const std::string& cgroup, Version version) {
  std::ifstream file(cgroup);
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    const bool found =
        version == Version::kTwo ? controllers.empty() : has_word(controllers, "memory");
    if (found) return line.substr(second + 1);
  }
  return std::nullopt;
}

// The group's path relative to the mount point. A container may not see its own group below the mount. Then the function returns
// the empty path, which stands for the mount's root group: no closer group can be read.
std::string path_below(const Mount& mount, std::string_view group) {
  const std::string_view root = mount.root == "/" ? std::string_view() : mount.root;
  if (!group.starts_with(root)) return {};
  group.remove_prefix(root.size());
  if (group == "/" || (!group.empty() && !group.starts_with('/'))) return {};
  if (group.find("/..") != std::string_view::npos) return {};
  return std::string(group);
}

std::size_t limit_in(const std::string& folder, Version version) {
  std::size_t limit = kNoMemoryLimit;
  const auto take = [&](const std::optional<std::size_t>& number) {
    // No process could run under a limit of 0, so a 0 means that the file is not what it should be.
    if (number && *number > 0) limit = std::min(limit, *number);
  };
  if (version == Version::kTwo) {
    take(number_behind(folder + "/memory.max", ""));
    take(number_behind(folder + "/memory.high", ""));
  } else {
    take(number_behind(folder + "/memory.limit_in_bytes", ""));
    // This value includes the limits of groups above the mount.
    take(number_behind(folder + "/memory.stat", "hierarchical_memory_limit "));
  }
  return limit;
}

std::size_t group_limit(const std::string& root, Version version) {
  std::size_t limit = kNoMemoryLimit;
  const auto group = group_of(root + "/proc/self/cgroup", version);
  for (const Mount& mount : mounts_of(root + "/proc/self/mountinfo", version)) {
    std::string below = group ? path_below(mount, *group) : std::string();
    for (;;) {
      limit = std::min(limit, limit_in(root + mount.point + below, version));
      if (below.empty()) break;
      below.resize(below.rfind('/'));
    }
  }
  return limit;
}

std::size_t left_of(std::size_t limit, std::size_t used) {
  return limit == kNoMemoryLimit ? limit : limit - std::min(limit, used);
}

}  // namespace

MemoryLimits memory_limits(const std::string& root) {
  const std::string process = root + "/proc/self/limits";
  const std::size_t machine = kib_behind(root + "/proc/meminfo", "MemTotal:");
  return {.machine = machine == 0 ? kNoMemoryLimit : machine,
          .group = std::min(group_limit(root, Version::kOne), group_limit(root, Version::kTwo)),
          .address_space = number_behind(process, "Max address space").value_or(kNoMemoryLimit),
          .data = number_behind(process, "Max data size").value_or(kNoMemoryLimit)};
}

MappedMemory mapped_memory(const std::string& root) {
  const std::string status = root + "/proc/self/status";
  return {.address_space = kib_behind(status, "VmSize:"), .data = kib_behind(status, "VmData:")};
}

std::size_t mappable_memory(const MemoryLimits& limits, const MappedMemory& mapped) {
  return std::min(left_of(limits.address_space, mapped.address_space),
                  left_of(limits.data, mapped.data));
}

std::size_t usable_memory(const MemoryLimits& limits, const MappedMemory& mapped) {
  return std::min({limits.machine, limits.group, mappable_memory(limits, mapped)});
}

}  // namespace ofn::os
