// Which loops of the developer run on this machine: each has a file and a socket in one private folder.
//
//   auto folder = instance_folder(variable);                   // $XDG_RUNTIME_DIR/ofn, or else /tmp/ofn-1000
//   if (!folder) return complain(folder.error().message());
//   InstanceEntry entry(*folder, {.source = "hello.cc"});
//   for (const Instance& instance : running_instances(*folder)) say(instance.url);
//
// Files: `PID-RANDOM.json`, and beside it the socket `PID-RANDOM.sock` of the local API (local_api.h).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/error.h"

namespace ofn::dev {

struct Instance {
  std::string name{};  // "4242-1f3a": of its files
  pid_t pid = 0;
  std::string source{};   // as the user named it
  std::string folder{};   // an absolute path: where the source is
  std::string url{};      // of the function
  std::string started{};  // RFC 3339
  std::string version{};  // of the framework
  std::string socket{};   // the path of its API
};

// Returns the folder, and makes it if there is none. It belongs to this user, nobody else may enter it, and it is no symbolic link.
// `variable` reads the environment. Errors: kPermissionDenied: what stands there may not be trusted; kUnavailable: it cannot be made.
Result<std::filesystem::path> instance_folder(
    const std::function<std::optional<std::string>(std::string_view)>& variable);

// Says that this process runs, as long as it lives. Threads: one at a time.
class InstanceEntry {
 public:
  // `instance` without its name and its socket. Write it when the socket listens: until then it is not announced.
  explicit InstanceEntry(const std::filesystem::path& folder, Instance instance);
  InstanceEntry(const InstanceEntry&) = delete;
  InstanceEntry& operator=(const InstanceEntry&) = delete;
  ~InstanceEntry();

  const Instance& instance() const { return instance_; }
  // Errors: the file cannot be written.
  Result<void> announce();

 private:
  std::filesystem::path file_;
  Instance instance_;
  bool is_announced_ = false;
};

// Returns those whose sockets somebody listens on, the newest first. Removes the files of processes that have died.
std::vector<Instance> running_instances(const std::filesystem::path& folder);

// Returns the instances that work on `folder`: on a source in it, else on one in the nearest folder above, else on ones below.
std::vector<Instance> nearest_instances(const std::vector<Instance>& all,
                                        const std::filesystem::path& folder);

}  // namespace ofn::dev
