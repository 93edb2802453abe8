// Threads for what may block: functions that are not known to be short, files, compilers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "loop/loop.h"

namespace ofn {

// Threads are made on demand, up to a limit, give back what memory they keep after a second without a task, and retire when
// they were idle for a while: a program whose functions are short has none.
//
// Lifetime: the destructor runs what is queued and waits for it: a process whose tasks may never
// return ends without it. Threads: any. Cost: one lock and one wake-up a task.
// Errors: where the system grants no more threads (a cgroup's pids, RLIMIT_NPROC) the limit is those that there are.
class Workers {
 public:
  // `name` is what the system shows for the threads: at most 15 characters, a literal.
  explicit Workers(std::size_t max_threads, std::chrono::seconds idle = std::chrono::seconds(10),
                   const char* name = "ofn-worker");
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  // Queues `task`; with all threads busy and the limit reached it waits for one. A task does not
  // throw. False: there is no thread, and none can be made; the task is still the caller's.
  [[nodiscard]] bool post(Task&& task);

  // How many threads there are now.
  std::size_t threads() const;

 private:
  // Shared with the threads.
  struct Pool {
    mutable std::mutex mutex;
    std::condition_variable work;
    std::condition_variable all_gone;
    std::deque<Task> queue;
    std::size_t threads = 0;
    std::size_t idle = 0;
    bool stopping = false;
  };

  // With the pool locked. False: the system grants none.
  bool add_thread();
  static void serve(const std::shared_ptr<Pool>& pool, std::chrono::seconds idle, const char* name);

  std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
  std::size_t max_threads_;
  std::chrono::seconds idle_;
  const char* name_;
};

// How many threads a pool may have where they share `mappable` bytes with others (os/memory_limits.h): each maps a whole stack,
// however little of it is used, and all stacks together take a quarter. At least one, at most `wanted`.
std::size_t threads_within(std::size_t wanted, std::size_t mappable);

// How many loops a program runs: the CPUs that this process may use, by affinity and by its
// cgroup's quota (v2 cpu.max, v1 cpu.cfs_quota_us), rounded up, at least one.
std::size_t usable_cpus(const std::string& cgroup = "/sys/fs/cgroup");

}  // namespace ofn
