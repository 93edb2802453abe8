#include "loop/workers.h"

#include <algorithm>
#include <fstream>
#include <pthread.h>
#include <sched.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <utility>

#include "os/alternate_stack.h"
#include "os/end_forked_child.h"
#include "os/heap.h"
#include "os/memory_limits.h"

namespace ofn {

Workers::Workers(std::size_t max_threads, std::chrono::seconds idle, const char* name)
    : max_threads_(max_threads), idle_(idle), name_(name) {}

Workers::~Workers() {
  std::unique_lock lock(pool_->mutex);
  pool_->stopping = true;
  pool_->work.notify_all();
  pool_->all_gone.wait(lock, [this] { return pool_->threads == 0; });
}

std::size_t Workers::threads() const {
  const std::scoped_lock lock(pool_->mutex);
  return pool_->threads;
}

bool Workers::post(Task&& task) {
  const std::scoped_lock lock(pool_->mutex);
  const bool wants_thread = pool_->queue.size() >= pool_->idle && pool_->threads < max_threads_;
  const bool made = wants_thread && add_thread();
  if (pool_->threads == 0) return false;
  pool_->queue.push_back(std::move(task));
  if (!made) pool_->work.notify_one();
  return true;
}

bool Workers::add_thread() {
  try {
    // Detached, because no thread could join one that retires. The destructor waits for the count
    // of threads instead.
    std::thread([pool = pool_, idle = idle_, name = name_] { serve(pool, idle, name); }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  ++pool_->threads;
  return true;
}

void Workers::serve(const std::shared_ptr<Pool>& pool, std::chrono::seconds idle,
                    const char* name) {
  const os::AlternateStack crash_stack;
  pthread_setname_np(pthread_self(), name);
  std::unique_lock lock(pool->mutex);
  for (;;) {
    if (pool->queue.empty()) {
      ++pool->idle;
      const auto wanted = [&] { return pool->stopping || !pool->queue.empty(); };
      const std::chrono::seconds rest = std::min(idle, os::kMemoryIsKept);
      bool worth_waiting = pool->work.wait_for(lock, rest, wanted);
      if (!worth_waiting) {
        lock.unlock();
        os::return_kept_memory();
        lock.lock();
        worth_waiting = pool->work.wait_for(lock, idle - rest, wanted);
      }
      --pool->idle;
      if (pool->queue.empty() && (!worth_waiting || pool->stopping)) break;
    }
    Task task = std::move(pool->queue.front());
    pool->queue.pop_front();
    lock.unlock();
    task();
    os::end_forked_child();
    task = nullptr;
    lock.lock();
  }
  if (--pool->threads == 0) pool->all_gone.notify_all();
}

std::size_t threads_within(std::size_t wanted, std::size_t mappable) {
  if (mappable == os::kNoMemoryLimit) return wanted;
  // The stack size of a thread that sets none: RLIMIT_STACK, or 2 MiB if that is unlimited (glibc's
  // ARCH_STACK_DEFAULT_SIZE).
  rlimit limit{};
  std::size_t stack = std::size_t{2} * 1024 * 1024;
  if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    stack = std::max<std::size_t>(limit.rlim_cur, 1);
  }
  return std::min(wanted, std::max<std::size_t>(mappable / 4 / stack, 1));
}

std::size_t usable_cpus(const std::string& cgroup) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::size_t cpus = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = static_cast<std::size_t>(CPU_COUNT(&set));

  // "max 100000" or "150000 100000": microseconds of CPU in each period (cgroup v2, cpu.max).
  std::ifstream v2(cgroup + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(v2 >> quota >> period)) {
    std::ifstream(cgroup + "/cpu/cpu.cfs_quota_us") >> quota;
    std::ifstream(cgroup + "/cpu/cpu.cfs_period_us") >> period;
  }
  std::istringstream number(quota);
  double allowed = 0;
  if (period > 0 && number >> allowed && allowed > 0) {
    const auto limit = static_cast<std::size_t>((allowed + period - 1) / period);
    cpus = std::min(cpus, std::max<std::size_t>(limit, 1));
  }
  return std::max<std::size_t>(cpus, 1);
}

}  // namespace ofn
