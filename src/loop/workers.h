// Threads for work that may block: functions that are not known to be short, files, compilers.
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

// Threads are made on demand, up to a limit. A thread returns its free memory after a second
// without a task, and ends after `idle` without one. A program whose functions are short has no
// such threads.
//
// Lifetime: the destructor runs the queued tasks and waits for all tasks. If a task may never
// return, the process must end without destroying this object.
// Threads: any. Cost: one lock and one wake-up for each task.
// Errors: if the system grants no more threads (a cgroup's pids, RLIMIT_NPROC), the existing
// threads do all the work.
class Workers {
 public:
  // `name` is the threads' name in the system: a literal of at most 15 characters.
  explicit Workers(std::size_t max_threads, std::chrono::seconds idle = std::chrono::seconds(10),
                   const char* name = "ofn-worker");
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  // Queues `task`. If all threads are busy and the limit is reached, the task waits for one. A task
  // must not throw. Returns false if there is no thread and none can be made; then `task` is
  // unchanged.
  [[nodiscard]] bool post(Task&& task);

  // Returns the current number of threads.
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

  // Call it with the pool locked. Returns false if the system grants no thread.
  bool add_thread();
  static void serve(const std::shared_ptr<Pool>& pool, std::chrono::seconds idle, const char* name);

  std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
  std::size_t max_threads_;
  std::chrono::seconds idle_;
  const char* name_;
};

// Returns the number of threads that a pool may have if the process may map `mappable` bytes
// (os/memory_limits.h). Each thread maps a whole stack, however little of it is used; all stacks
// together may take a quarter of `mappable`. The result is at least one and at most `wanted`.
std::size_t threads_within(std::size_t wanted, std::size_t mappable);

// Returns the number of loops that a program should run: the CPUs that this process may use, by its
// affinity and by its cgroup's quota (v2 cpu.max, v1 cpu.cfs_quota_us), rounded up, at least one.
std::size_t usable_cpus(const std::string& cgroup = "/sys/fs/cgroup");

}  // namespace ofn
