// Simulates a system that grants no threads.
#pragma once

#include <cstddef>
#include <pthread.h>

#include "base/check.h"

namespace ofn {

// While this object lives, making a std::thread throws, as it does when a cgroup's pids or
// RLIMIT_NPROC are used up: the thread's stack would be larger than the address space. Threads: it
// affects the whole process. Make and destroy it while no other thread makes threads.
class NoThreads {
 public:
  NoThreads() {
    OFN_CHECK(pthread_getattr_default_np(&before_) == 0);
    pthread_attr_t none;
    OFN_CHECK(pthread_attr_init(&none) == 0);
    OFN_CHECK(pthread_attr_setstacksize(&none, std::size_t{1} << 47) == 0);
    OFN_CHECK(pthread_setattr_default_np(&none) == 0);
    pthread_attr_destroy(&none);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

}  // namespace ofn
