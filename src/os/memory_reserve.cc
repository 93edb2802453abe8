#include "os/memory_reserve.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <sys/mman.h>

#include "os/memory_limits.h"

namespace ofn::os {

namespace {

constexpr std::size_t kMib = std::size_t{1024} * 1024;

class Reserve {
 public:
  void keep(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    bytes_ = bytes;
    take();
  }
  // Frees the reserve for an allocation that failed. Returns true if the allocation should be tried
  // again. If the reserve was already free, tries to map it again and returns false.
  bool give() {
    const std::scoped_lock lock(mutex_);
    if (block_ == nullptr) {
      take();
      return false;
    }
    munmap(block_, bytes_);
    block_ = nullptr;
    given_.store(true, std::memory_order_relaxed);
    return true;
  }
  bool is_short() {
    if (!given_.load(std::memory_order_relaxed)) return false;
    const std::scoped_lock lock(mutex_);
    if (block_ == nullptr) take();
    return block_ == nullptr;
  }

 private:
  void take() {
    // The mapping is writable because RLIMIT_DATA counts writable memory only.
    void* const block = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    block_ = block == MAP_FAILED ? nullptr : block;
    given_.store(block_ == nullptr, std::memory_order_relaxed);
  }

  std::mutex mutex_;
  std::size_t bytes_ = 0;
  void* block_ = nullptr;
  std::atomic<bool> given_ = false;
};

// A global, because std::new_handler has no argument through which it could find the reserve.
Reserve the_reserve;

void on_no_memory() {
  if (!the_reserve.give()) throw std::bad_alloc();
}

}  // namespace

std::size_t reserve_for(std::size_t mappable) {
  if (mappable == kNoMemoryLimit) return 0;
  return std::clamp(mappable / 16, kMib, 16 * kMib);
}

void keep_memory_reserve(std::size_t bytes) {
  if (bytes == 0) return;
  the_reserve.keep(bytes);
  std::set_new_handler(&on_no_memory);
}

bool memory_is_short() { return the_reserve.is_short(); }

}  // namespace ofn::os
